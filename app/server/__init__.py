"""What comes before any request: connections, and HTTP as it is spoken on them."""
