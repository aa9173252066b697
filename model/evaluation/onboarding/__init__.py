"""Onboarding measured: what do answers to questions bring, by who chose the questions?"""

from model.evaluation.onboarding.effort import Seconds
from model.evaluation.onboarding.results import (
    ADAPTIVE,
    NOTHING,
    SHOWN,
    OnboardingEvaluation,
    calibration,
)
from model.evaluation.onboarding.run import evaluate_onboarding

__all__ = [
    "ADAPTIVE",
    "NOTHING",
    "SHOWN",
    "OnboardingEvaluation",
    "Seconds",
    "calibration",
    "evaluate_onboarding",
]
