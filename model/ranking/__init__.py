"""Ranking a catalogue: the best of many scores, in one stage or in two."""

from model.ranking.clusters import Clusters
from model.ranking.top import at_least, best, kth_highest

__all__ = ["Clusters", "at_least", "best", "kth_highest"]
