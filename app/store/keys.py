"""The names of everything that is stored of a user, in one place: erasing takes them all."""

from hashlib import blake2b


def user_key(user_id: str) -> str:
    """Name the hash that holds a user's profile and feedback."""
    return f"melu:user:{user_id}"


def keys_of_user(user_id: str) -> list[str]:
    """Name every key that may hold something of a user.

    Args:
        user_id: The user.

    Returns:
        The user's own hash first.
    """
    return [user_key(user_id)]


def digest_of_user(user_id: str) -> str:
    """Name a user where the id itself is not to be seen: in announcements, and in memory."""
    return blake2b(user_id.encode(), digest_size=16).hexdigest()
