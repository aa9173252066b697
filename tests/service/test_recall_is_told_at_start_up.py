"""A service of a large catalogue says how much of the exact ranking it finds."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services.model_state.executor import InferenceExecutor
from app.services.model_state.recall_check import report_recall
from model.bundle.bundle import load_bundle
from model.ranking import Clusters, coarse_items
from model.recommender import Recommender

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def compute() -> Iterator[InferenceExecutor]:
    pool = InferenceExecutor(threads=1, queue=1)
    yield pool
    pool.close()


@pytest.fixture
def in_two_stages(bundle: Path) -> Recommender:
    """Sixty items, ranked as if they were many."""
    loaded = load_bundle(bundle)
    assert loaded.relevance is not None
    for model in (loaded.estimator.items, loaded.relevance):
        model.clusters = Clusters.fit(model.clustering_features(), seed=0, count=12)
    return Recommender(loaded)


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="uvicorn.error")
    return caplog


async def test_it_is_1_where_all_candidates_are_kept(
    in_two_stages: Recommender, compute: InferenceExecutor, log: pytest.LogCaptureFixture
):
    await report_recall(in_two_stages, compute)
    assert "recall@20 against the exact ranking 1.000" in log.text


async def test_it_is_less_where_few_are_kept(
    in_two_stages: Recommender,
    compute: InferenceExecutor,
    log: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(coarse_items, "_KEPT", 1)
    monkeypatch.setattr(coarse_items, "_KEPT_A_PLACE", 0)
    await report_recall(in_two_stages, compute)
    assert "recall@20 against the exact ranking 0." in log.text


async def test_where_every_item_is_scored_nothing_is_said(
    recommender: Recommender, compute: InferenceExecutor, log: pytest.LogCaptureFixture
):
    await report_recall(recommender, compute)
    assert log.text == ""


async def test_a_service_without_room_for_it_goes_without(
    in_two_stages: Recommender, log: pytest.LogCaptureFixture
):
    full = InferenceExecutor(threads=1, queue=-1)  # as if all places were taken
    await report_recall(in_two_stages, full)
    full.close()
    assert "not measured" in log.text
