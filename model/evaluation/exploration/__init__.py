"""What exploring costs and brings: items arrive over time, and users see and rate them or not."""

from model.evaluation.exploration.results import ExplorationEvaluation, ShareOutcome
from model.evaluation.exploration.run import evaluate_exploration
from model.evaluation.exploration.world import PLAN, ExplorationPlan

__all__ = [
    "PLAN",
    "ExplorationEvaluation",
    "ExplorationPlan",
    "ShareOutcome",
    "evaluate_exploration",
]
