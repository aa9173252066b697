"""What is built for callers of the service."""
