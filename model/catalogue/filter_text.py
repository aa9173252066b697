"""`name:value`, where names may have colons themselves."""

from collections.abc import Collection


def name_and_value(text: str, names: Collection[str]) -> tuple[str, str, str]:
    """Part a text at the colon behind an attribute's name, as `str.partition` does.

    Args:
        text: Such as `genre:Drama`, or `imdb:score:7..9` where there is an attribute `imdb:score`.
        names: The attributes.

    Returns:
        Name, colon and value; at the first colon if no attribute is named.
    """
    name, separator, value = text.partition(":")
    while separator and name not in names and ":" in value:
        more, _, value = value.partition(":")
        name = f"{name}:{more}"
    return (name, separator, value) if name in names else text.partition(":")
