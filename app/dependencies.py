"""What routes are given: the services, built once when the service starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from app.problems import ModelUnavailable
from app.services.actions import ActionRatings
from app.services.answers import AnswerCache
from app.services.compute import Compute
from app.services.feedback import FeedbackService
from app.services.items import ItemService
from app.services.lists import Lists
from app.services.onboarding import OnboardingService
from app.services.personal import Personaliser
from app.services.ranker import Ranker
from app.services.recommendations import RecommendationService
from app.services.users import UserService
from app.settings import Settings
from app.store import ListStore, UserStore
from model.recommender import Recommender

MODEL_RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True)
class Services:
    """Everything that a request may need."""

    recommender: Recommender
    users: UserService
    feedback: FeedbackService
    recommendations: RecommendationService
    onboarding: OnboardingService
    items: ItemService


def build_services(
    settings: Settings,
    store: UserStore,
    lists: ListStore,
    recommender: Recommender,
    compute: Compute,
) -> Services:
    """Put the services together.

    Args:
        settings: How.
        store: Where users are.
        lists: Where frozen rankings are.
        recommender: The model.
        compute: Where tensors are computed.

    Returns:
        The services.
    """
    actions = ActionRatings(settings.action_places, recommender.rating_scale)
    personaliser = Personaliser(recommender, actions, settings.support_limit)
    recommendations = RecommendationService(
        store,
        Lists(lists, settings.list_seconds),
        Ranker(recommender, personaliser, settings.list_items),
        recommender.manifest.version,
        compute,
        AnswerCache(settings.cache_megabytes * 2**20),
    )
    return Services(
        recommender=recommender,
        users=UserService(store, recommender, actions),
        feedback=FeedbackService(store, recommender, actions),
        recommendations=recommendations,
        onboarding=OnboardingService(store, recommender, personaliser, compute),
        items=ItemService(recommender.catalogue),
    )


def services_of(request: Request) -> Services:
    """Return the services of the application that a request came to.

    Args:
        request: The request.

    Returns:
        The services.

    Raises:
        ModelUnavailable: If no bundle could be loaded.
    """
    services: Services | None = request.app.state.services
    if services is None:
        raise ModelUnavailable(
            "No model is loaded; the operator finds the reason in the service's log.",
            retry_after=MODEL_RETRY_AFTER_SECONDS,
        )
    return services


# Asynchronous though they wait for nothing: FastAPI would run them on a thread otherwise.


async def _services(request: Request) -> Services:
    return services_of(request)


async def _store(request: Request) -> UserStore:
    store: UserStore = request.app.state.store
    return store


ServicesDep = Annotated[Services, Depends(_services)]
StoreDep = Annotated[UserStore, Depends(_store)]
