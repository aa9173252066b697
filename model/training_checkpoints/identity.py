"""What a checkpoint belongs to: the data, what is trained, and the seed."""

from __future__ import annotations

import hashlib
import io

import polars as pl
from pydantic import BaseModel

from model.data.dataset import Dataset

_LAYOUT = 1


def identity_of(dataset: Dataset, preset: BaseModel, seed: int, *further: str) -> str:
    """Digest all that a training follows from.

    Args:
        dataset: What is learnt from.
        preset: What is trained.
        seed: Every random draw follows from it.
        *further: What else it follows from, such as the weights that it begins with.

    Returns:
        Equal for equal trainings; of several ranks, on all of them.
    """
    digest = hashlib.sha256(f"{_LAYOUT} {seed} {preset.model_dump_json()}".encode())
    for text in further:
        digest.update(text.encode())
    digest.update(dataset.description.model_dump_json().encode())
    ratings = dataset.ratings
    own = hashlib.sha256()
    for column in (ratings.user_index, ratings.item_index, ratings.rating):
        own.update(column.tobytes())
    digest.update("".join(ratings.ranks.gathered(own.hexdigest())).encode())
    for ids, features in (
        (dataset.user_ids, dataset.user_features),
        (dataset.item_ids, dataset.item_features),
    ):
        for table in (pl.DataFrame({"id": ids}), features):
            written = io.BytesIO()
            table.write_ipc(written)
            digest.update(written.getbuffer())
    return digest.hexdigest()
