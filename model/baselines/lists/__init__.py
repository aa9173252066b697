"""Baselines for lists: what a company would take instead, tuned for each number of answers."""

from model.baselines.lists.choice import (
    LIST_BASELINES,
    TunedListBaselines,
    available_list_baselines,
)
from model.baselines.lists.likes import Likes, ListBaseline

__all__ = [
    "LIST_BASELINES",
    "Likes",
    "ListBaseline",
    "TunedListBaselines",
    "available_list_baselines",
]
