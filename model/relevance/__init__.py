"""The second objective: how likely a user is to choose an item of all and like it."""

from model.relevance.adapted_user import RelevanceUser
from model.relevance.config import RelevanceConfig
from model.relevance.model import RelevanceModel
from model.relevance.questions import Questions

__all__ = ["Questions", "RelevanceConfig", "RelevanceModel", "RelevanceUser"]
