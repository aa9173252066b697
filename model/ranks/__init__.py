"""The processes that train one model together: each has some of the users, all have the same θ."""

from model.ranks.ranks import ALONE, Ranks

__all__ = ["ALONE", "Ranks"]
