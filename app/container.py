"""The services, built once for the bundles that the service starts with."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

from app.services.arms.arms import Arm, Arms
from app.services.arms.dealing import Dealing
from app.services.arms.experiment import CANDIDATE, CURRENT
from app.services.arms.served_lists import ServedLists
from app.services.feedback import FeedbackService
from app.services.feedback_events import EventReader
from app.services.feedback_meanings import FeedbackMeanings
from app.services.items import ItemService
from app.services.model_state.executor import InferenceExecutor
from app.services.model_state.live_model import LiveModel
from app.services.onboarding import OnboardingService
from app.services.recommendations.adaptation import Adapter, NoAdaptation
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
from app.store import (
    CatalogueStore,
    ErasureLog,
    RankingSnapshotStore,
    ServedListStore,
    UserStore,
)
from app.unfollowed_settings import unexplored, unfollowed_settings
from model.recommender import Recommender


@dataclass(frozen=True)
class Services:
    """Everything that a request may need."""

    live: LiveModel
    arms: Arms
    caches: tuple[UserCache, ...]
    snapshots: RankingSnapshots
    users: UserService
    feedback: FeedbackService
    recommendations: RecommendationService
    unstored: UnstoredService
    onboarding: OnboardingService
    items: ItemService
    scenarios: Scenarios
    settings: Settings

    def warnings(self) -> list[str]:
        """Tell what of the settings the models that answer now can't follow, a sentence each."""
        recommender = self.live.current.recommender
        told = [
            *self.scenarios.warnings(recommender),
            *unfollowed_settings(self.settings, recommender),
            *self.arms.warnings(),
        ]
        if self.candidate is not None:
            told += unexplored(self.settings, self.candidate.current.recommender)
        return told

    @property
    def candidate(self) -> LiveModel | None:
        """The model of a candidate that has a bundle of its own."""
        candidate = self.arms.candidate
        return None if candidate is None or candidate.live is self.live else candidate.live


def build_services(
    settings: Settings,
    store: UserStore,
    items: CatalogueStore,
    snapshot_store: RankingSnapshotStore,
    served_store: ServedListStore,
    recommender: Recommender,
    candidate: Recommender | None,
    compute: InferenceExecutor,
) -> Services:
    """Put the services together.

    Args:
        settings: How.
        store: Where users are.
        items: Where the catalogue's changes are.
        snapshot_store: Where frozen rankings are.
        served_store: Where shown lists are counted, while arms are compared.
        recommender: The bundle's model.
        candidate: That of the candidate's bundle, over the same items; None without one.
        compute: Where tensors are computed.

    Returns:
        The services.
    """
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
    arms = _arms(
        settings, meanings, live, None if candidate is None else LiveModel(candidate, items)
    )
    served = ServedLists(served_store, arms, meanings, recommender.scale)
    settings_digest = digest_of_settings(version("melu-online"), settings.ranking_settings)
    scenarios = Scenarios(settings.scenarios)
    return Services(
        live=live,
        arms=arms,
        caches=(cache, snapshots),
        snapshots=snapshots,
        users=UserService(store, live, meanings, cache, ErasureLog(settings.erasure_log)),
        feedback=FeedbackService(store, arms, meanings, events, served),
        recommendations=RecommendationService(
            store,
            arms,
            served,
            snapshots,
            Pagination(settings.list_seconds, settings.list_items),
            compute,
            cache,
            settings_digest,
            scenarios,
        ),
        unstored=UnstoredService(arms.current, events, compute, settings_digest, scenarios),
        onboarding=OnboardingService(store, arms, adapter, compute, settings.onboarding_enough),
        items=ItemService(live, items, compute),
        scenarios=scenarios,
        settings=settings,
    )


def _arms(
    settings: Settings, meanings: FeedbackMeanings, live: LiveModel, candidate: LiveModel | None
) -> Arms:
    """Put together what answers; `candidate` is the model of a candidate's own bundle."""
    adapter = Adapter(meanings, settings.support_limit)
    dealing = Dealing(settings.candidate_share, settings.candidate_salt)

    def ranker(adapter: Adapter, name: str) -> Ranker:
        return Ranker(adapter, settings.list_items, settings.explore, name)

    if settings.candidate is None:
        return Arms(Arm("", live, ranker(adapter, "")), None, dealing)
    compared = adapter if candidate else NoAdaptation(meanings, settings.support_limit)
    return Arms(
        Arm(CURRENT, live, ranker(adapter, CURRENT)),
        Arm(CANDIDATE, candidate or live, ranker(compared, CANDIDATE)),
        dealing,
    )
