"""Items named by their ids."""

from collections.abc import Iterable

import numpy as np

from model.arrays import Int64Array
from model.catalogue.live import LiveCatalogue


def index_of_items(catalogue: LiveCatalogue, item_ids: Iterable[str]) -> Int64Array:
    """Look items up; ids that do not exist are passed over.

    Args:
        catalogue: The items.
        item_ids: External ids.

    Returns:
        Internal item indices.
    """
    known = [catalogue.index_of[i] for i in item_ids if i in catalogue.index_of]
    return np.array(known, dtype=np.int64)
