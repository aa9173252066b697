"""What the ratings of a data set look like, where that is not what they are called."""

from __future__ import annotations

import numpy as np

from model.arrays import Float32Array
from model.data.signals import is_disliked, is_liked

_ONE_SIDED = 0.95
_COUNTS = 20
_SPREAD = 10


def advice_on_ratings(rating: Float32Array, scale: tuple[float, float]) -> list[str]:
    """Tell counts and one-sided scales for what they are.

    Args:
        rating: All ratings, shape [ratings].
        scale: Lowest and highest.

    Returns:
        A sentence each, with what to do.
    """
    if not len(rating):
        return []
    found = []
    is_whole = bool(np.all(rating == np.round(rating)))
    middle = float(np.median(rating))
    if is_whole and scale[0] >= 0 and scale[1] > _COUNTS and scale[1] > _SPREAD * max(middle, 1):
        found.append(
            f"The ratings look like counts: whole numbers up to {scale[1]:g}, half of them no more "
            f"than {middle:g}. If they are, name their column as `weight` and not as `rating`: "
            "then rows are interactions."
        )
    for share, what in (
        (float(is_liked(rating, scale).mean()), "highest"),
        (float(is_disliked(rating, scale).mean()), "lowest"),
    ):
        if share >= _ONE_SIDED:
            found.append(
                f"{share:.0%} of the ratings lie in the {what} quarter of the scale: they hardly "
                "tell items apart. Lists learn from who chose what all the same; leave `rating` "
                "and `scale` out if only the choice counts."
            )
    return found
