"""Baselines: simple predictors that stand beside every model, every time."""

from model.baselines.baseline import Baseline
from model.baselines.choice import BASELINES, Baselines
from model.baselines.data import BaselineData

__all__ = ["BASELINES", "Baseline", "BaselineData", "Baselines"]
