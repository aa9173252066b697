"""Settings that the model can't follow: what is asked for by them does not happen."""

from __future__ import annotations

from collections.abc import Iterator

from app.settings import Settings
from model.orders import Order
from model.recommender import Recommender

_PICTURE = "image_url"
"""The item attribute that the demo page takes pictures from."""


def unfollowed_settings(settings: Settings, recommender: Recommender) -> list[str]:
    """Tell of settings that are set, and do nothing with a model.

    Args:
        settings: All.
        recommender: The model that answers.

    Returns:
        A sentence each.
    """
    told = [] if Order.RELEVANCE in recommender.orders else list(_without_relevance(settings))
    if settings.image_origins and _PICTURE not in recommender.catalogue.attribute_names:
        told.append(
            f"MELU_IMAGE_ORIGINS is set, and the model's items have no attribute {_PICTURE}, so "
            "the demo page shows no pictures."
        )
    return told


def unexplored(settings: Settings, candidate: Recommender) -> list[str]:
    """Tell whether the lists of a candidate have no places for what MELU_EXPLORE asks for.

    Args:
        settings: All.
        candidate: The candidate's model.

    Returns:
        A sentence, or none.
    """
    if not settings.explore or Order.RELEVANCE in candidate.orders:
        return []
    return [
        f"MELU_EXPLORE is {settings.explore:g}, and the candidate does not know what it is unsure "
        "about, so its lists are compared without explored items."
    ]


def _without_relevance(settings: Settings) -> Iterator[str]:
    if settings.explore:
        yield (
            f"MELU_EXPLORE is {settings.explore:g}, and the model does not know what it is unsure "
            "about, so nothing is explored."
        )
    if "onboarding_enough" in settings.model_fields_set:
        yield (
            "MELU_ONBOARDING_ENOUGH is set, and the model does not know what an answer brings, so "
            "`enough` is never true."
        )
    for name, action in settings.actions.items():
        if action.positive is not None:
            yield (
                f"The action {name} of MELU_ACTIONS has no place on the rating scale, and the "
                "model learns from ratings alone, so it teaches nothing."
            )
        elif action.place is not None and action.weight != 1:
            yield (
                f"The action {name} of MELU_ACTIONS has a weight, and the model weighs all ratings "
                "alike."
            )
