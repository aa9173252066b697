"""The preset `melu`: the estimator of the paper, content features only."""

from model.melu.estimator import MeluEstimator
from model.melu.preset import MeluPreset

__all__ = ["MeluEstimator", "MeluPreset"]
