"""Baselines for lists: what a company would take instead, tuned for each number of answers."""

from model.baselines.lists.choice import LIST_BASELINES, TunedListBaselines
from model.baselines.lists.likes import Likes, ListBaseline

__all__ = ["LIST_BASELINES", "Likes", "ListBaseline", "TunedListBaselines"]
