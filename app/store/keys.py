"""The names of everything that is stored of a user, in one place: erasing takes them all.

All keys of one user hash to one cluster slot.
"""

from hashlib import blake2b

ERASED_CHANNEL = "melu:erased"
"""Where the digests of erased users are announced."""
_USER = "melu:user:"
LAYOUT_KEY = "melu:layout"
"""What the store holds, and how it is kept."""
NOBODY = "/probe"
"""What no user's id can be; whoever tries the store takes it for one."""
_NO_BRACES = str.maketrans({"{": "/(", "}": "/)"})


def user_key(user_id: str) -> str:
    """Return the key of a user's hash.

    A cluster hashes what is between braces instead of the whole key, so an id's own braces are
    written otherwise: with a `/`, which no id has.
    """
    return _USER + user_id.translate(_NO_BRACES)


def user_of_key(key: str) -> str:
    """Return the user whose hash has a key."""
    return key.removeprefix(_USER).replace("/(", "{").replace("/)", "}")


def user_lists_key(user_id: str) -> str:
    """Return the key of the hash of a user's frozen lists, in the same slot as the user."""
    return f"melu:lists:{{{user_key(user_id)}}}"


def user_served_key(user_id: str) -> str:
    """Return the key of the hash of the lists that a user was shown, while arms are compared."""
    return f"{user_lists_key(user_id)}:served"


def served_counts_key(day: str) -> str:
    """Return the key of what is counted of a day's lists; those of all days are in one slot."""
    return f"melu:arms:{{counts}}:{day}"


def keys_of_user(user_id: str) -> list[str]:
    """Name every key that may hold something of a user.

    Args:
        user_id: The user.

    Returns:
        The user's own hash first.
    """
    return [user_key(user_id), user_lists_key(user_id), user_served_key(user_id)]


def digest_of_user(user_id: str) -> str:
    """Name a user where the id itself is not to be seen: in announcements, and in memory."""
    return blake2b(user_id.encode(), digest_size=16).hexdigest()
