"""What routes are given: the services, built once when the service starts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from app.access.tokens import UserTokens
from app.metrics import note_model
from app.problems import Fault, InvalidParameter, ModelUnavailable
from app.schemas import REPEATABLE_PARAMETERS
from app.services.actions import ActionRatings
from app.services.answers import AnswerCache
from app.services.compute import Compute
from app.services.feedback import FeedbackService
from app.services.items import ItemService
from app.services.lists import Lists
from app.services.live_model import LiveModel
from app.services.onboarding import OnboardingService
from app.services.personal import Personaliser
from app.services.ranker import Ranker
from app.services.recommendations import RecommendationService
from app.services.reload import ModelKeeper
from app.services.users import UserService
from app.settings import Settings
from app.store import CatalogueStore, ListStore, UserStore
from model.recommender import Recommender

MODEL_RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True)
class Services:
    """Everything that a request may need."""

    live: LiveModel
    answers: AnswerCache
    users: UserService
    feedback: FeedbackService
    recommendations: RecommendationService
    onboarding: OnboardingService
    items: ItemService


def build_services(
    settings: Settings,
    store: UserStore,
    items: CatalogueStore,
    lists: ListStore,
    recommender: Recommender,
    compute: Compute,
) -> Services:
    """Put the services together.

    Args:
        settings: How.
        store: Where users are.
        items: Where the catalogue's changes are.
        lists: Where frozen rankings are.
        recommender: The bundle's model.
        compute: Where tensors are computed.

    Returns:
        The services.
    """
    manifest = recommender.manifest
    note_model(manifest.version, manifest.dataset, manifest.preset.name)
    actions = ActionRatings(settings.action_places, recommender.rating_scale)
    live = LiveModel(recommender, items)
    personaliser = Personaliser(actions, settings.support_limit)
    cache = AnswerCache(settings.cache_megabytes * 2**20, settings.cache_seconds)
    return Services(
        live=live,
        answers=cache,
        users=UserService(store, live, actions, cache),
        feedback=FeedbackService(store, live, actions),
        recommendations=RecommendationService(
            store,
            live,
            Lists(lists, settings.list_seconds),
            Ranker(personaliser, settings.list_items),
            compute,
            cache,
        ),
        onboarding=OnboardingService(store, live, personaliser, compute),
        items=ItemService(live, items),
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
    services: Services | None = request.app.state.keeper.services
    if services is None:
        raise ModelUnavailable(
            "No model is loaded; the operator finds the reason in the service's log.",
            retry_after=MODEL_RETRY_AFTER_SECONDS,
        )
    return services


async def refuse_repeated_parameters(request: Request) -> None:
    """Refuse a query that names twice what has one value: no answer would be the right one.

    Args:
        request: The request.

    Raises:
        InvalidParameter: If it does.
    """
    if "&" not in request.url.query:
        return
    names = Counter(name for name, _ in request.query_params.multi_items())
    faults = [
        Fault(loc=["query", name], message="given more than once")
        for name, count in names.items()
        if count > 1 and name not in REPEATABLE_PARAMETERS
    ]
    if faults:
        raise InvalidParameter(
            f"Only {' and '.join(sorted(REPEATABLE_PARAMETERS))} may repeat in a query.",
            errors=faults,
        )


# Asynchronous though they wait for nothing: FastAPI would run them on a thread otherwise.


async def _services(request: Request) -> Services:
    return services_of(request)


async def _keeper(request: Request) -> ModelKeeper[Services]:
    keeper: ModelKeeper[Services] = request.app.state.keeper
    return keeper


async def _store(request: Request) -> UserStore:
    store: UserStore = request.app.state.store
    return store


async def _tokens(request: Request) -> UserTokens:
    tokens: UserTokens = request.app.state.tokens
    return tokens


ServicesDep = Annotated[Services, Depends(_services)]
KeeperDep = Annotated[ModelKeeper[Services], Depends(_keeper)]
StoreDep = Annotated[UserStore, Depends(_store)]
TokensDep = Annotated[UserTokens, Depends(_tokens)]
