"""A world in memory: ratings of planted factors, and content that tells a part of them."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from model.data import Dataset, LoadReport
from model.data.dataset import Ratings
from model.data.description import DatasetDescription

USERS, ITEMS, FACTORS = 300, 90, 3


@dataclass(frozen=True)
class World:
    dataset: Dataset
    loadings: np.ndarray


def planted_world(
    seed: int = 0, scale: tuple[float, float] = (1, 5), share: float = 0.35, noise: float = 0.4
) -> World:
    """Ratings = 3 + item bias + taste · loading + noise on 1 to 5, stretched to the scale.

    An item's `kind` is the sign pattern of its loadings, so that content tells a part of them.
    """
    random = np.random.default_rng(seed)
    loadings = random.normal(0, 0.6, (ITEMS, FACTORS))
    tastes = random.normal(size=(USERS, FACTORS))
    bias = random.normal(0, 0.3, ITEMS)
    user, item = np.nonzero(random.random((USERS, ITEMS)) < share)
    exact = 3 + bias[item] + (tastes[user] * loadings[item]).sum(1)
    rating = np.clip(exact + random.normal(0, noise, len(user)), 1, 5)
    low, high = scale
    stretched = low + (rating - 1) / 4 * (high - low)
    features = {"kind": "category", "hue": "category", "size": "number"}
    ratings = {"file": "ratings.csv", "user": "user", "item": "item", "rating": "stars"}
    description = DatasetDescription.model_validate(
        {
            "name": "planted",
            "ratings": {**ratings, "scale": scale},
            "items": {"file": "items.csv", "id": "item", "features": features},
        }
    )
    signs = ["".join("+-"[int(v > 0)] for v in row) for row in loadings]
    dataset = Dataset(
        description=description,
        user_ids=[f"u{u}" for u in range(USERS)],
        item_ids=[f"i{i}" for i in range(ITEMS)],
        titles=[f"i{i}" for i in range(ITEMS)],
        user_features=pl.DataFrame(),
        item_features=pl.DataFrame(
            {
                "kind": signs,
                "hue": random.choice(["red", "blue", "green"], ITEMS),
                "size": random.normal(size=ITEMS),
            }
        ),
        ratings=Ratings(user.astype(np.int64), item.astype(np.int64), stretched.astype(np.float32)),
        report=LoadReport(),
    )
    return World(dataset, loadings)
