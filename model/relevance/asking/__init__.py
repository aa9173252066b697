"""What to ask a user next."""
