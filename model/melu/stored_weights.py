"""What a bundle keeps of the preset `melu`, by name."""

from __future__ import annotations

import torch
from torch import Tensor

from model.bundle.stored_tensors import check_tensors
from model.errors import BundleError
from model.features import FeatureSpace
from model.melu.preset import MeluPreset
from model.melu.weights import MetaWeights, RatingUnits, initial_meta_weights

_UNITS = "units"


def named_tensors(theta: MetaWeights, units: RatingUnits) -> dict[str, Tensor]:
    """Take θ and the units apart."""
    of_units = torch.tensor([units.mean, units.spread], dtype=torch.float64)
    return theta.named_tensors() | {_UNITS: of_units}


def restore(
    preset: MeluPreset,
    scale: tuple[float, float],
    user_space: FeatureSpace,
    item_space: FeatureSpace,
    tensors: dict[str, Tensor],
) -> tuple[MetaWeights, RatingUnits]:
    """Put together what `named_tensors` took apart.

    Args:
        preset: Configuration.
        scale: Lowest and highest rating.
        user_space: Encoders of the user features.
        item_space: Encoders of the item features.
        tensors: As stored.

    Returns:
        θ and the units, bit-equal.

    Raises:
        BundleError: If a tensor is missing, surplus, of the wrong shape or not finite.
    """
    try:
        # Shapes alone take no memory, so that no configuration asks for too much.
        with torch.device("meta"):
            due = initial_meta_weights(preset.estimator, user_space, item_space, None)
    except (RuntimeError, TypeError, ValueError, OverflowError) as error:
        raise BundleError("the configuration asks for weights beyond all measure") from error
    expected = due.named_tensors() | {_UNITS: torch.zeros(2, dtype=torch.float64)}
    check_tensors(tensors, expected)
    mean, spread = tensors[_UNITS].tolist()
    if spread <= 0:
        raise BundleError(f"{_UNITS} holds a spread that is not above zero")
    theta = {name: tensor for name, tensor in tensors.items() if name != _UNITS}
    return MetaWeights.from_named_tensors(theta), RatingUnits(mean, spread, *scale)
