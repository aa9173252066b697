"""What counts as a user or item id, for data sets and requests alike."""

MAX_ID_LENGTH = 128


def is_valid_id(text: str) -> bool:
    """Tell whether `text` is 1 to 128 printable characters without `/`.

    `.` and `..` are none either, because browsers take them out of a path, nor is anything with the
    replacement character, which is what is left of percent-encoding that is no UTF-8.
    """
    return (
        0 < len(text) <= MAX_ID_LENGTH
        and text.isprintable()
        and "/" not in text
        and text not in {".", ".."}
        and "\N{REPLACEMENT CHARACTER}" not in text
    )
