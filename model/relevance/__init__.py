"""The second objective: how likely a user is to choose an item of all and like it."""

from model.relevance.config import RelevanceConfig
from model.relevance.model import RelevanceModel, RelevanceUser

__all__ = ["RelevanceConfig", "RelevanceModel", "RelevanceUser"]
