"""Ranking a catalogue: the best of many scores, in one stage or in two."""

from model.ranking.clusters import ONE_STAGE_LIMIT, Clusters
from model.ranking.diversity import diversified, shared_values
from model.ranking.top import at_least, best, best_ascending, kth_highest, places_of

__all__ = [
    "ONE_STAGE_LIMIT",
    "Clusters",
    "at_least",
    "best",
    "best_ascending",
    "diversified",
    "kth_highest",
    "places_of",
    "shared_values",
]
