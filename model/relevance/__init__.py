"""The second objective: how likely a user is to choose an item of all and like it."""

from model.relevance.adapted_user import RelevanceUser
from model.relevance.asking.questions import Questions
from model.relevance.config import RelevanceConfig
from model.relevance.model import RelevanceModel

__all__ = ["Questions", "RelevanceConfig", "RelevanceModel", "RelevanceUser"]
