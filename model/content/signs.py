"""One sign for each singular vector, whatever the solver and the machine."""

import numpy as np

from model.arrays import Float64Array


def with_fixed_signs(vectors: Float64Array) -> Float64Array:
    """Turn each vector so that its product with one fixed direction is positive.

    The sign of a singular vector is free, and solvers return either, by their start and by the
    machine's arithmetic. The direction is drawn at random once and for all: to make the largest
    entry positive instead would hang on rounding where two of opposite sign are equally large,
    as they are for alike groups.

    Args:
        vectors: Shape [vectors, entries].

    Returns:
        Shape [vectors, entries].
    """
    direction = np.random.default_rng(0).normal(size=vectors.shape[1])
    turned: Float64Array = vectors * np.where(vectors @ direction < 0, -1.0, 1.0)[:, None]
    return turned
