"""Lists measured as lists: do they hold what a new user goes on to like?"""

from model.evaluation.lists.protocol import LIKES_ONLY, WITH_RATINGS, ListProtocol
from model.evaluation.lists.run import SERVED, ListEvaluation, evaluate_lists

__all__ = [
    "LIKES_ONLY",
    "SERVED",
    "WITH_RATINGS",
    "ListEvaluation",
    "ListProtocol",
    "evaluate_lists",
]
