"""The four states, and which users and items are cold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model.arrays import BoolArray
from model.data.dataset import Dataset, Ratings
from model.errors import DatasetError

STATES = ("warm", "user_cold", "item_cold", "user_and_item_cold")
COLD_SHARE = 0.2


@dataclass(frozen=True)
class ColdSplit:
    """Which users and items θ never sees.

    Attributes:
        cold_users: Shape [users].
        cold_items: Shape [items].
    """

    cold_users: BoolArray
    cold_items: BoolArray

    def state(self, ratings: Ratings, state: str) -> BoolArray:
        """Mark the ratings that belong to a state.

        Args:
            ratings: The ratings.
            state: One of `STATES`.

        Returns:
            Shape [ratings].
        """
        cold_user, cold_item = {
            "warm": (False, False),
            "user_cold": (True, False),
            "item_cold": (False, True),
            "user_and_item_cold": (True, True),
        }[state]
        marked: BoolArray = (self.cold_users[ratings.user_index] == cold_user) & (
            self.cold_items[ratings.item_index] == cold_item
        )
        return marked


def random_split(dataset: Dataset, random: np.random.Generator) -> ColdSplit:
    """Make a fifth of the users with ratings, and a fifth of the rated items, cold.

    Args:
        dataset: The data set.
        random: Source of randomness.

    Returns:
        The split.
    """

    def draw(index: npt.NDArray[np.int64], length: int) -> BoolArray:
        rated = np.unique(index)
        cold = np.zeros(length, dtype=np.bool_)
        cold[random.permutation(rated)[: round(len(rated) * COLD_SHARE)]] = True
        return cold

    ratings = dataset.ratings
    return ColdSplit(
        draw(ratings.user_index, len(dataset.user_ids)),
        draw(ratings.item_index, len(dataset.item_ids)),
    )


def read_split(path: Path, dataset: Dataset) -> ColdSplit:
    """Read `{"cold_users": […], "cold_items": […]}` with ids as text or whole numbers.

    Ids that the data set does not have are passed over, as long as it has one of each list.

    Args:
        path: A JSON file.
        dataset: The data set whose ids it names.

    Returns:
        The split.

    Raises:
        DatasetError: If the file can't be read, has another shape, or names no id of the data set.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(f"the split file {path} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise DatasetError(f"the split file {path} is not valid JSON: {error}.") from error
    if not isinstance(content, dict):
        raise DatasetError(f'{path} should hold {{"cold_users": […], "cold_items": […]}}.')
    return ColdSplit(
        _marked(content.get("cold_users"), dataset.user_ids, "cold_users", path),
        _marked(content.get("cold_items"), dataset.item_ids, "cold_items", path),
    )


def _marked(listed: object, ids: Sequence[str], name: str, path: Path) -> BoolArray:
    if not isinstance(listed, list) or not all(
        isinstance(value, str | int) and not isinstance(value, bool) for value in listed
    ):
        raise DatasetError(f"{path}: {name!r} should be a list of ids, as text or whole numbers.")
    wanted = {str(value) for value in listed}
    mask = np.array([text in wanted for text in ids], dtype=np.bool_)
    if wanted and not mask.any():
        raise DatasetError(
            f"{path}: none of the {len(wanted):,} ids in {name!r} is in the data set; "
            "does the split belong to another one?"
        )
    return mask
