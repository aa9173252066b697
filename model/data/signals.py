"""What ratings say of choice: a like, a dislike, or only that the item was rated."""

from __future__ import annotations

import numpy as np

from model.arrays import BoolArray, Float32Array

LIKED = 0.75
"""An item is liked from this part of the rating scale on: 4 on a scale of 1 to 5."""
DISLIKED = 0.25
"""An item is disliked up to this part of the rating scale: 2 on a scale of 1 to 5."""
ROUNDING = 1e-6


def is_liked(rating: Float32Array, scale: tuple[float, float]) -> BoolArray:
    """Tell which ratings are likes, shape as `rating`."""
    low, high = scale
    liked: BoolArray = rating >= low + LIKED * (high - low) - ROUNDING
    return liked


def is_disliked(rating: Float32Array, scale: tuple[float, float]) -> BoolArray:
    """Tell which ratings are dislikes, shape as `rating`."""
    low, high = scale
    disliked: BoolArray = np.asarray(rating <= low + DISLIKED * (high - low) + ROUNDING)
    return disliked
