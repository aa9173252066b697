"""Lists measured as lists: do they hold what a new user goes on to like?"""

from model.evaluation.lists.new_items import evaluate_new_items
from model.evaluation.lists.protocol import PROTOCOLS, ListProtocol
from model.evaluation.lists.run import SERVED, ListEvaluation, evaluate_lists
from model.evaluation.lists.strong_generalisation import (
    StrongGeneralisation,
    evaluate_strong_generalisation,
)

__all__ = [
    "PROTOCOLS",
    "SERVED",
    "ListEvaluation",
    "ListProtocol",
    "StrongGeneralisation",
    "evaluate_lists",
    "evaluate_new_items",
    "evaluate_strong_generalisation",
]
