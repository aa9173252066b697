"""Ratings brought to 1…5, on which variances and dampings keep their meaning."""

from typing import TypeVar

from torch import Tensor

from model.arrays import Float32Array

Ratable = TypeVar("Ratable", Tensor, Float32Array)

_RANGE = 4.0


def to_five_point(rating: Ratable, scale: tuple[float, float]) -> Ratable:
    """Bring ratings on the data set's scale to 1…5."""
    low, high = scale
    return 1 + (rating - low) * (_RANGE / (high - low))


def from_five_point(prediction: Ratable, scale: tuple[float, float]) -> Ratable:
    """Bring predictions on 1…5 back to the data set's scale."""
    low, high = scale
    return low + (prediction - 1) * ((high - low) / _RANGE)
