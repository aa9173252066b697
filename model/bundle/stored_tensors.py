"""Check tensors that come from a file."""

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
