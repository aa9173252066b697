"""A planted data set of any size: people with tastes, items of makers and kinds, made from a seed.

It stands for a company's data where time and memory are asked for, not quality: popularity has a
long tail, few people give many ratings, and what people choose and how they rate it follows from
their tastes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from model.arrays import Float32Array, Float64Array, Int64Array
from model.errors import ModelError

_TASTES = 8
_KINDS = 24
_ITEMS_A_MAKER = 5
_TAIL = 0.8
_SPREAD = 0.9
_FEWEST = 4
_FEWEST_OF_EACH = 20
_CANDIDATES = 3
_USERS_CHUNK = 4_096
_FILE_ROWS = 1 << 22
_DESCRIPTION = """name = "planted"

[ratings]
file = [FILES]
user = "user"
item = "item"
rating = "rating"
scale = [1, 5]

[users]
file = "users.parquet"
id = "user"
[users.features]
region = "category"
age = "number"

[items]
file = "items.parquet"
id = "item"
[items.features]
maker = "category"
kinds = "categories"
year = "number"
"""


@dataclass(frozen=True)
class Size:
    """How large a planted data set is.

    Attributes:
        ratings: About how many ratings; what one person draws twice counts once.
        users: People.
        items: Items.
    """

    ratings: int
    users: int
    items: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read RATINGS,USERS,ITEMS.

        Args:
            text: Three whole numbers.

        Returns:
            The size.

        Raises:
            ModelError: If they are no such numbers.
        """
        try:
            ratings, users, items = (int(part) for part in text.split(","))
        except ValueError:
            raise ModelError(
                f"{text!r} is not RATINGS,USERS,ITEMS, such as 5000,200,100."
            ) from None
        if min(users, items) < _FEWEST_OF_EACH or ratings < _FEWEST * users:
            raise ModelError(
                f"{text!r} is too small: at least {_FEWEST_OF_EACH} users and items, and "
                f"{_FEWEST} ratings a user."
            )
        return cls(ratings, users, items)

    def __str__(self) -> str:
        """Tell the size."""
        return f"{self.ratings:,} ratings, {self.users:,} users, {self.items:,} items"


def write_planted(folder: Path, size: Size, *, seed: int = 0) -> Path:
    """Write a prepared data set.

    Ratings are written some millions at a time, each to a file of its own; of all of them, eight
    bytes a rating are held in memory: who chose what.

    Args:
        folder: Where to; made if it does not exist.
        size: How large.
        seed: Every random draw follows from it.

    Returns:
        The folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    taste = random.normal(size=(size.users, _TASTES)).astype(np.float32)
    makers = max(2, size.items // _ITEMS_A_MAKER)
    maker = random.integers(makers, size=size.items)
    kinds = random.integers(_KINDS, size=(size.items, 2))
    of_maker = random.normal(size=(makers, _TASTES))
    of_kind = random.normal(size=(_KINDS, _TASTES))
    vector = of_maker[maker] + of_kind[kinds].sum(1) + random.normal(size=(size.items, _TASTES))
    factors = (vector / (2 * _TASTES**0.5)).astype(np.float32)
    weight = (1.0 + np.arange(size.items)) ** -_TAIL
    popularity: Float64Array = (weight / weight.sum()).astype(np.float64)
    activity = random.lognormal(sigma=_SPREAD, size=size.users)
    wanted = np.maximum(_FEWEST, activity * size.ratings / activity.sum()).astype(np.int64)
    wanted = np.minimum(wanted, size.items // 4)
    chosen = [
        _choices(
            np.arange(start, min(start + _USERS_CHUNK, size.users)),
            wanted,
            taste,
            factors,
            popularity,
            random,
        )
        for start in range(0, size.users, _USERS_CHUNK)
    ]
    every_user = np.concatenate([users for users, _ in chosen])
    every_item = np.concatenate([items for _, items in chosen])
    del chosen
    quality, own = random.normal(0, 0.4, size.items), random.normal(0, 0.4, size.users)
    files: list[str] = []
    for start in range(0, len(every_user), _FILE_ROWS):
        user, item = (every[start : start + _FILE_ROWS] for every in (every_user, every_item))
        liking = np.einsum("nd,nd->n", taste[user], factors[item])
        noise = random.normal(0, 0.8, len(user))
        rating = np.clip(np.rint(3.5 + quality[item] + own[user] + liking + noise), 1, 5)
        table = pl.DataFrame({"user": user, "item": item, "rating": rating.astype(np.float32)})
        files.append(f"ratings-{len(files)}.parquet")
        table.write_parquet(folder / files[-1])
    pl.DataFrame(
        {
            "user": np.arange(size.users),
            "region": np.argmax(taste[:, :4], axis=1),
            "age": random.integers(16, 80, size.users),
        }
    ).write_parquet(folder / "users.parquet")
    pl.DataFrame(
        {
            "item": np.arange(size.items),
            "maker": maker,
            "kinds": [[f"kind {kind}" for kind in sorted(set(pair))] for pair in kinds.tolist()],
            "year": random.integers(1950, 2025, size.items),
        }
    ).write_parquet(folder / "items.parquet")
    description = _DESCRIPTION.replace("FILES", ", ".join(f'"{name}"' for name in files))
    (folder / "dataset.toml").write_text(description, encoding="utf-8")
    return folder


def _choices(
    users: Int64Array,
    wanted: Int64Array,
    taste: Float32Array,
    factors: Float32Array,
    popularity: Float64Array,
    random: np.random.Generator,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Draw candidates by popularity, and keep of each user's those that suit the taste most."""
    user = np.repeat(users, _CANDIDATES * wanted[users])
    item = random.choice(len(factors), len(user), p=popularity)
    distinct = np.unique(user * len(factors) + item)
    user, item = distinct // len(factors), distinct % len(factors)
    suits = np.einsum("nd,nd->n", taste[user], factors[item]) + random.gumbel(size=len(user))
    order = np.lexsort((-suits, user))
    user, item = user[order], item[order]
    starts = np.searchsorted(user, users)
    place = np.arange(len(user)) - np.repeat(
        starts, np.bincount(user - users[0], minlength=len(users))
    )
    kept = place < wanted[user]
    return user[kept].astype(np.int32), item[kept].astype(np.int32)
