"""Onboarding measured: what do answers to questions bring, by who chose the questions?"""

from model.evaluation.onboarding.run import (
    ADAPTIVE,
    NOTHING,
    SHOWN,
    OnboardingEvaluation,
    calibration,
    evaluate_onboarding,
)

__all__ = [
    "ADAPTIVE",
    "NOTHING",
    "SHOWN",
    "OnboardingEvaluation",
    "calibration",
    "evaluate_onboarding",
]
