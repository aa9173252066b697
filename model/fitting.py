"""Learn all that a bundle holds: predicted ratings, chances of being chosen, and their blend."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from model.arrays import Float32Array, Int64Array
from model.bundle.reports import EpochReport, TrainingReport
from model.data.dataset import Dataset, Ratings
from model.errors import DatasetError
from model.estimator import Estimator
from model.features import FeatureValue
from model.features.fitting import fit_spaces
from model.presets import Preset, fit_estimator, relevance_config
from model.relevance import RelevanceConfig, RelevanceModel
from model.relevance.ablations import one_member
from model.relevance.blend import Blend, Score, choose_blend
from model.relevance.fit import fit_relevance
from model.relevance.serving.likely_items import likely_items
from model.relevance.training.meta_training import TrainedMember
from model.relevance.training.training_data import FEWEST_LIKES, users_to_learn_from
from model.start import Start
from model.training_checkpoints import Checkpoints

_BLEND_CANDIDATES = 400
_FEWEST_USERS = 10
_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class FittedModel:
    """What training gives.

    Attributes:
        estimator: Predicts ratings; None where the data have none.
        relevance: Tells chances; None where the preset has no relevance, or too few users like
            anything.
        report: How the training went.
    """

    estimator: Estimator | None
    relevance: RelevanceModel | None
    report: TrainingReport


def fit_model(
    dataset: Dataset,
    preset: Preset,
    *,
    seed: int,
    ratings: Ratings | None = None,
    on_epoch: Callable[[EpochReport], None] = lambda _report: None,
    checkpoints: Checkpoints | None = None,
    start: Start | None = None,
    same_validation_users: bool = False,
) -> FittedModel:
    """Train a preset.

    Args:
        dataset: Users, items and their features.
        preset: What to train.
        seed: Every random draw follows from it.
        ratings: What to learn from; all ratings of the data set if None.
        on_epoch: Called after each epoch, from several threads.
        checkpoints: Where to go on from, and what is kept meanwhile; nothing if None.
        start: Weights to begin with, of a bundle of this preset; random if None.
        same_validation_users: Whether the same users decide in every training when it ends, as
            they must in trainings that start from each other.

    Returns:
        The model, and how the training went.

    Raises:
        DatasetError: If there are too few ratings to learn from.
        BundleError: If the weights to begin with are of another configuration.
    """
    started = time.monotonic()
    ratings = dataset.ratings if ratings is None else ratings
    dataset = dataset.of_preset(preset.name)
    config = relevance_config(preset)
    choosers = len(users_to_learn_from(dataset, ratings))
    if not dataset.has_ratings and config is None:
        raise DatasetError(
            f"the preset {preset.name} learns from ratings, and this data set has none; take the "
            "preset default."
        )
    if not dataset.has_ratings and choosers < _FEWEST_USERS:
        raise DatasetError(
            f"fewer than {_FEWEST_USERS} users have {FEWEST_LIKES} interactions or more; "
            "meta-learning needs several users."
        )
    epochs: list[EpochReport] = []
    stopping = Event()

    def tell(epoch: EpochReport) -> None:
        if stopping.is_set():
            raise _StoppedError
        on_epoch(epoch)

    def note(epoch: EpochReport) -> None:
        epochs.append(epoch)
        tell(epoch)

    def choose(config: RelevanceConfig) -> tuple[RelevanceModel, Sequence[TrainedMember]]:
        return fit_relevance(
            dataset,
            ratings,
            config,
            *fit_spaces(dataset, ratings),
            seed=seed,
            on_epoch=note,
            checkpoints=checkpoints,
            start=start,
            same_validation_users=same_validation_users,
        )

    # Both objectives, their members and their folds run side by side, one thread each: numpy's own
    # threads would spend their time waiting for each other.
    # Of several ranks, they run one after another; see `Ranks.threads`.
    ranks = ratings.ranks
    with (
        threadpool_limits(1, "blas"),
        ThreadPoolExecutor(ranks.threads(2)) as pool,
        _stopping_if_failed(stopping, pool),
    ):
        rated: Future[tuple[Estimator, TrainingReport]] | None = None
        if dataset.has_ratings:
            rated = pool.submit(
                fit_estimator,
                dataset,
                preset,
                seed=seed,
                ratings=ratings,
                on_epoch=tell,
                checkpoints=checkpoints,
                start=start,
            )
        chosen: Future[tuple[RelevanceModel, Sequence[TrainedMember]]] | None = None
        if config is not None and choosers >= _FEWEST_USERS:
            chosen = pool.submit(choose, config)
        _wait_for([future for future in (rated, chosen) if future is not None])
        estimator, report = rated.result() if rated else (None, None)
        if chosen is None:
            assert estimator is not None and report is not None  # noqa: PT018, S101 - one of both
            return FittedModel(estimator, None, report)
        relevance, members = chosen.result()
    if estimator is not None:
        blend = _blend(dataset, ratings, estimator, relevance, members, seed)
        relevance = relevance.with_blend(blend)
    epochs.sort(key=lambda epoch: (epoch.phase, epoch.epoch))
    seconds = time.monotonic() - started
    if report is None:
        report = TrainingReport(
            seed=seed,
            users=len(ranks.union(ratings.user_index)),
            ratings=ratings.count,
            validation_users=0,
            best_epoch=epochs[-1].epoch,
            epochs=tuple(epochs),
            seconds=seconds,
        )
    else:
        report = report.model_copy(update={"relevance": tuple(epochs), "seconds": seconds})
    return FittedModel(estimator, relevance, report)


def _wait_for(parts: Sequence[Future[Any]]) -> None:
    """Wait until all are done or one failed; a plain wait would not hear of an interrupt."""
    left = set(parts)
    while left:
        done, left = wait(left, timeout=_POLL_SECONDS, return_when=FIRST_EXCEPTION)
        for part in done:
            part.result()


class _StoppedError(Exception):
    """Ends a part of a training whose other part failed or was interrupted."""


@contextmanager
def _stopping_if_failed(event: Event, pool: ThreadPoolExecutor) -> Iterator[None]:
    """When the block fails or is interrupted, set an event and begin nothing that has not begun."""
    try:
        yield
    except BaseException:
        event.set()
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def _blend(
    dataset: Dataset,
    ratings: Ratings,
    estimator: Estimator,
    relevance: RelevanceModel,
    members: Sequence[TrainedMember],
    seed: int,
) -> Blend:
    """Choose how predicted ratings blend with chances."""
    # Each user is asked of the one member that has not learnt from that user.
    weights = [
        choose_blend(
            _candidates_of(one_member(relevance, at)),
            estimator,
            dataset,
            ratings,
            member.held_out,
            seed=seed,
        ).weights
        for at, member in enumerate(members)
    ]
    return Blend(np.mean(weights, axis=0, dtype=np.float32))


def _candidates_of(relevance: RelevanceModel) -> Score:
    def score(
        attributes: Mapping[str, FeatureValue], support_set: Sequence[tuple[int, float]]
    ) -> tuple[Int64Array, Float32Array]:
        user = relevance.adapt(relevance.user_space.slots(attributes), support_set)
        given = np.array(sorted(item for item, _ in support_set), dtype=np.int64)
        items = likely_items(relevance, user, _BLEND_CANDIDATES, without=given)
        return items, relevance.log_chance(user, items)

    return score
