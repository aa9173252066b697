"""What counts as a user or item id, for data sets and requests alike."""

MAX_ID_LENGTH = 128


def is_valid_id(text: str) -> bool:
    """Tell whether `text` is 1 to 128 printable characters without `/`."""
    return 0 < len(text) <= MAX_ID_LENGTH and text.isprintable() and "/" not in text
