"""The services, built once for the bundle that the service starts with."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from importlib.metadata import version

from app.metrics import note_model
from app.services.feedback import FeedbackService
from app.services.feedback_events import EventReader
from app.services.feedback_meanings import FeedbackMeanings
from app.services.items import ItemService
from app.services.model_state.executor import InferenceExecutor
from app.services.model_state.live_model import LiveModel
from app.services.onboarding import OnboardingService
from app.services.recommendations.adaptation import Adapter
from app.services.recommendations.cache_invalidation import UserCache
from app.services.recommendations.fingerprint import digest_of_settings
from app.services.recommendations.pagination import Pagination
from app.services.recommendations.ranker import Ranker
from app.services.recommendations.ranking_snapshots import RankingSnapshots
from app.services.recommendations.response_cache import ResponseCache
from app.services.recommendations.scenarios import Scenarios
from app.services.recommendations.service import RecommendationService
from app.services.recommendations.unstored import UnstoredService
from app.services.users import UserService
from app.settings import Settings
from app.store import CatalogueStore, ErasureLog, RankingSnapshotStore, UserStore
from model.recommender import Recommender

logger = logging.getLogger("uvicorn.error")


@dataclass(frozen=True)
class Services:
    """Everything that a request may need."""

    live: LiveModel
    caches: tuple[UserCache, ...]
    users: UserService
    feedback: FeedbackService
    recommendations: RecommendationService
    unstored: UnstoredService
    onboarding: OnboardingService
    items: ItemService
    scenarios: Scenarios


def build_services(
    settings: Settings,
    store: UserStore,
    items: CatalogueStore,
    snapshot_store: RankingSnapshotStore,
    recommender: Recommender,
    compute: InferenceExecutor,
) -> Services:
    """Put the services together.

    Args:
        settings: How.
        store: Where users are.
        items: Where the catalogue's changes are.
        snapshot_store: Where frozen rankings are.
        recommender: The bundle's model.
        compute: Where tensors are computed.

    Returns:
        The services.
    """
    manifest = recommender.manifest
    note_model(manifest.version, manifest.dataset, manifest.preset.name)
    meanings = FeedbackMeanings(
        settings.action_meanings,
        recommender.scale,
        has_ratings=recommender.rating_scale is not None,
    )
    live = LiveModel(recommender, items)
    adapter = Adapter(meanings, settings.support_limit)
    cache = ResponseCache(settings.cache_megabytes * 2**20, settings.cache_seconds)
    snapshots = RankingSnapshots(snapshot_store, settings.list_seconds)
    events = EventReader(meanings)
    ranker = Ranker(adapter, settings.list_items, settings.explore)
    settings_digest = digest_of_settings(version("melu-online"), settings.ranking_settings)
    scenarios = Scenarios(settings.scenarios)
    for warning in scenarios.warnings(recommender):
        logger.warning("%s", warning)
    return Services(
        live=live,
        caches=(cache, snapshots),
        users=UserService(store, live, meanings, cache, ErasureLog(settings.erasure_log)),
        feedback=FeedbackService(store, live, meanings, events),
        recommendations=RecommendationService(
            store,
            live,
            snapshots,
            Pagination(settings.list_seconds, settings.list_items),
            ranker,
            compute,
            cache,
            settings_digest,
            scenarios,
        ),
        unstored=UnstoredService(live, events, ranker, compute, settings_digest, scenarios),
        onboarding=OnboardingService(store, live, adapter, compute, settings.onboarding_enough),
        items=ItemService(live, items, compute),
        scenarios=scenarios,
    )
