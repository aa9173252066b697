"""Names for what a merge adds to data whose own names may be any."""

from collections.abc import Collection


def unused_name(name: str, taken: Collection[str]) -> str:
    """Return a name that is not taken, as near to another as can be.

    Args:
        name: What it would be called.
        taken: Names that there are.

    Returns:
        The name, or a longer one.
    """
    while name in taken:
        name = f"melu_{name}"
    return name
