"""Pick the best items of a scored catalogue."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from model.catalogue import Catalogue, Mask


def best_items(scores: npt.NDArray[np.float32], allowed: Mask, limit: int) -> list[int]:
    """Return the indices of the highest scores among the allowed items.

    Args:
        scores: One an item.
        allowed: Which items may be picked.
        limit: Most items to return.

    Returns:
        Best first; equal scores in the catalogue's order.
    """
    candidates = np.flatnonzero(allowed)
    values = scores[candidates]
    if len(candidates) > limit:
        # Everything as good as the last place stays in, so that ties break by the index.
        threshold = np.partition(values, len(values) - limit)[len(values) - limit]
        candidates, values = candidates[values >= threshold], values[values >= threshold]
    order = np.argsort(-values, kind="stable")[:limit]
    return [int(index) for index in candidates[order]]


def exclude_items(allowed: Mask, catalogue: Catalogue, item_ids: Iterable[str]) -> None:
    """Mark items as not allowed, in place; ids that do not exist are passed over.

    Args:
        allowed: Changed in place.
        catalogue: The items.
        item_ids: Ids to exclude.
    """
    known = [catalogue.index_of[i] for i in item_ids if i in catalogue.index_of]
    allowed[known] = False
