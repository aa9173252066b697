"""Features of users and items, laid out so that those of a batch are embedded by one look-up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from model.arrays import Int64Array
from model.features import UNKNOWN_SLOT, EncodedFeature, EncodedTable
from model.melu.weights import MetaWeights

Hide = Callable[[int, int], npt.NDArray[np.bool_]]
"""Number of rows and of features → which values to show as unknown, shape [rows, features]."""


class BatchFeatures:
    """The encoded features of all users and of all items.

    Each value is a slot of one table, in which the tables of all features stand below each other,
    the users' first. The bags of a row follow each other: what is looked up for them is the row's
    embedding already, features side by side.

    Args:
        theta: Weights of the right shapes.
        users: All users' encoded features.
        items: All items' encoded features.
    """

    def __init__(self, theta: MetaWeights, users: EncodedTable, items: EncodedTable) -> None:
        self._users, self._items = users, items
        lengths = [len(table) for table in self._tables_of(theta)]
        first_slots = np.cumsum([0, *lengths])[:-1] + UNKNOWN_SLOT
        self._unknown_of_users = first_slots[: len(users)]
        self._unknown_of_items = first_slots[len(users) :]
        of_users = _row_by_row(users, self._unknown_of_users)
        of_items = _row_by_row(items, self._unknown_of_items)
        self._first_bag_of_items = len(of_users)
        self._bags = EncodedFeature(
            np.concatenate([of_users.slots, of_items.slots]),
            np.concatenate([of_users.offsets[:-1], of_items.offsets + of_users.offsets[-1]]),
        )

    def tables(self, theta: MetaWeights) -> Tensor:
        """Return the embedding tables below each other.

        Args:
            theta: θ.

        Returns:
            Shape [all slots, embedding width].
        """
        tables = self._tables_of(theta)
        return torch.cat(tables) if tables else torch.zeros(0, 0)

    def embed(
        self,
        tables: Tensor,
        user_index: Int64Array,
        item_index: Int64Array,
        hide: Hide | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Embed users and items: the mean over each feature's bag, features side by side.

        Args:
            tables: As `tables` gives them.
            user_index: Internal user indices, shape [U].
            item_index: Internal item indices, shape [I].
            hide: Makes values unknown; called for users, then for items.

        Returns:
            Shapes [U, user features · embedding width] and [I, item features · embedding width].
        """
        users, items = len(user_index), len(item_index)
        of_users, of_items = len(self._unknown_of_users), len(self._unknown_of_items)
        bags = [
            (user_index[:, None] * of_users + np.arange(of_users)).ravel(),
            (item_index[:, None] * of_items + np.arange(of_items)).ravel()
            + self._first_bag_of_items,
        ]
        chosen = self._bags.rows(np.concatenate(bags))
        slots = chosen.slots
        if hide is not None:
            hidden = [hide(users, of_users).ravel(), hide(items, of_items).ravel()]
            unknown = [
                np.tile(self._unknown_of_users, users),
                np.tile(self._unknown_of_items, items),
            ]
            lengths = np.diff(chosen.offsets)
            slots = np.where(
                np.repeat(np.concatenate(hidden), lengths),
                np.repeat(np.concatenate(unknown), lengths),
                slots,
            )
        found = functional.embedding_bag(
            torch.from_numpy(slots), tables, torch.from_numpy(chosen.offsets[:-1]), mode="mean"
        )
        user, item = torch.split(found, [users * of_users, items * of_items])
        width = tables.shape[1]
        return user.view(users, of_users * width), item.view(items, of_items * width)

    def _tables_of(self, theta: MetaWeights) -> list[Tensor]:
        # In the order of the feature space: the tables' own order does not survive a file.
        return [
            *(theta.user_embeddings[name] for name in self._users),
            *(theta.item_embeddings[name] for name in self._items),
        ]


def _row_by_row(table: EncodedTable, first_slots: Int64Array) -> EncodedFeature:
    """Put the bags of all features of a row one after the other."""
    columns = list(table.values())
    if not columns:
        return EncodedFeature(np.zeros(0, dtype=np.int64), np.zeros(1, dtype=np.int64))
    lengths = np.stack([np.diff(column.offsets) for column in columns], axis=1)
    offsets = np.concatenate([[0], np.cumsum(lengths.ravel())])
    starts = offsets[:-1].reshape(lengths.shape)
    slots = np.empty(offsets[-1], dtype=np.int64)
    for column, start, length, first in zip(columns, starts.T, lengths.T, first_slots, strict=True):
        shift = np.repeat(start - column.offsets[:-1], length)
        slots[np.arange(len(column.slots)) + shift] = column.slots + first
    return EncodedFeature(slots, offsets)
