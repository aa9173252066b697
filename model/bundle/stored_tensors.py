"""Names of stored tensors, and the check of those that come from a file."""

from collections.abc import Mapping

from torch import Tensor

from model.errors import BundleError


def check_tensors(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    """Compare stored tensors with what a configuration asks for.

    Args:
        found: As stored.
        expected: Names, shapes and types that are due; the values do not matter.

    Raises:
        BundleError: If one is missing, surplus, of the wrong shape or not finite.
    """
    if missing := sorted(expected.keys() - found.keys()):
        raise BundleError(f"the weights lack {', '.join(missing)}")
    if surplus := sorted(found.keys() - expected.keys()):
        raise BundleError(f"the weights have unknown {', '.join(surplus)}")
    for name, tensor in found.items():
        if tensor.shape != expected[name].shape or tensor.dtype != expected[name].dtype:
            raise BundleError(
                f"{name} is {tensor.dtype} {tuple(tensor.shape)} where the configuration "
                f"asks for {expected[name].dtype} {tuple(expected[name].shape)}"
            )
        if not tensor.isfinite().all():
            raise BundleError(f"{name} holds values that are not finite")


def prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Put a prefix before every name."""
    return {prefix + name: tensor for name, tensor in tensors.items()}


def under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return what has a prefix, without it."""
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


def copied(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors that do not hold on to the file that they were read from."""
    return {name: tensor.clone() for name, tensor in tensors.items()}
