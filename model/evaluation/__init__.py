"""Evaluation: presets beside baselines, in four states, on the same episodes."""

from model.evaluation.results import GAINS, NDCG_CUTOFFS, NDCG_METRICS, Estimate, Results
from model.evaluation.run import (
    FEW_SHOT_SIZES,
    FEW_SHOT_STATE,
    Evaluation,
    evaluate,
    unadapted,
)
from model.evaluation.states import COLD_SHARE, STATES, ColdSplit, random_split, read_split
from model.evaluation.trial import (
    FEWEST_EPISODES,
    FEWEST_RATINGS,
    MOST_RATINGS,
    QUERY_SIZE,
    Regime,
    Trial,
    draw_trial,
)

__all__ = [
    "COLD_SHARE",
    "FEWEST_EPISODES",
    "FEWEST_RATINGS",
    "FEW_SHOT_SIZES",
    "FEW_SHOT_STATE",
    "GAINS",
    "MOST_RATINGS",
    "NDCG_CUTOFFS",
    "NDCG_METRICS",
    "QUERY_SIZE",
    "STATES",
    "ColdSplit",
    "Estimate",
    "Evaluation",
    "Regime",
    "Results",
    "Trial",
    "draw_trial",
    "evaluate",
    "random_split",
    "read_split",
    "unadapted",
]
