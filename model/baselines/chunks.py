"""Work on many episodes in bounded memory."""

from collections.abc import Iterator

_NUMBERS_AT_ONCE = 2_000_000


def episode_chunks(episodes: int, numbers: int) -> Iterator[slice]:
    """Part episodes into chunks of about 2,000,000 numbers.

    Args:
        episodes: How many there are.
        numbers: How many numbers one of them takes.

    Yields:
        Slices that cover them all in order.
    """
    step = max(_NUMBERS_AT_ONCE // max(numbers, 1), 1)
    for start in range(0, episodes, step):
        yield slice(start, start + step)
