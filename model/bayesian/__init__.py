"""The preset `default`: MeLU with a Bayesian start of the local update."""

from model.bayesian.estimator import BayesianEstimator
from model.bayesian.preset import BayesianPreset

__all__ = ["BayesianEstimator", "BayesianPreset"]
