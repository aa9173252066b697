"""MeLU's local update and scores, laid out for fast answers."""
