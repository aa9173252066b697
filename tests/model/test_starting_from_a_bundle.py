"""A training that begins with a bundle's weights knows what the bundle knew, and learns on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from model.bundle.bundle import Bundle, load_bundle
from model.data import Dataset, load_dataset
from model.errors import BundleError
from model.features.kinds import KINDS
from model.fitting import FittedModel, fit_model
from model.presets import PRESETS, Preset, with_options
from model.start import NEW, Start, blocks, carried, grown, joined
from tests.conftest import QUICK_PRESETS
from tests.training import train_bundle
from tests.worlds import write_clicks

pytestmark = pytest.mark.slow

NO_STEP = 1e-12
SUPPORT = [(0, 5.0), (31, 1.0), (4, 4.0)]


@pytest.fixture(scope="session")
def learnt(bundle: Path) -> Bundle:
    return load_bundle(bundle, prepare=False)


@pytest.fixture(scope="session")
def grown_world(two_tastes: Dataset) -> Dataset:
    """The same world with a new town, a new colour, a new genre, and two films of that, unrated."""
    users = two_tastes.user_features
    items = two_tastes.item_features
    more = pl.DataFrame(
        {"genre": [["western"], ["western"]], "colour": ["green", "red"], "year": [1952.0, 1960.0]}
    ).select(items.columns)
    return replace(
        two_tastes,
        # Behind those before and in front of them: what is carried over goes by names.
        item_ids=["w1", *two_tastes.item_ids, "w2"],
        titles=["High Noon", *two_tastes.titles, "Rio Bravo"],
        item_features=pl.concat([more[:1], items, more[1:]]),
        user_features=users.with_columns(
            city=pl.when(pl.int_range(pl.len()) < 30).then(pl.lit("Aix")).otherwise(pl.col("city"))
        ),
        ratings=replace(two_tastes.ratings, item_index=two_tastes.ratings.item_index + 1),
    )


def _short(preset: Preset) -> Preset:
    """A preset whose training takes a few steps."""
    few = with_options(preset, epochs=1)
    if preset.name == "default":
        relevance = few.relevance.model_copy(update={"least_updates": 20, "answer_passes": 0})
        few = with_options(few, global_updates=1).model_copy(update={"relevance": relevance})
    return few


def _unmoved(preset: Preset) -> Preset:
    """A preset whose training moves no weight."""
    still = with_options(_short(preset), learning_rate=NO_STEP)
    if preset.name == "default":
        relevance = still.relevance.model_copy(update={"learning_rate": NO_STEP})
        still = still.model_copy(update={"relevance": relevance})
    return still


def _started(dataset: Dataset, preset: Preset, bundle: Bundle, seed: int = 7) -> FittedModel:
    start = Start.of(bundle, dataset, preset)
    return fit_model(dataset, preset, seed=seed, start=start, same_validation_users=True)


def _ratings(found: FittedModel | Bundle, shift: int, attributes: dict[str, object]) -> np.ndarray:
    estimator = found.rating if isinstance(found, Bundle) else found.estimator
    assert estimator is not None
    support = [(item + shift, rating) for item, rating in SUPPORT]
    scores = estimator.items.score(estimator.adapt(estimator.user_space.slots(attributes), support))
    return scores[shift : shift + 60]


def _chances(found: FittedModel | Bundle, shift: int, attributes: dict[str, object]) -> np.ndarray:
    relevance = found.relevance
    assert relevance is not None
    support = [(item + shift, rating) for item, rating in SUPPORT]
    user = relevance.adapt(relevance.user_space.slots(attributes), support)
    logits = relevance.learnt.table.logits(user.weights)[shift : shift + 60]
    return logits - logits.mean()


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).mean() / other.std())


@pytest.mark.parametrize("is_grown", [False, True])
def test_before_a_step_is_taken_it_answers_as_the_bundle(
    two_tastes: Dataset, grown_world: Dataset, preset: Preset, learnt: Bundle, is_grown: bool
):
    dataset, shift = (grown_world, 1) if is_grown else (two_tastes, 0)
    begun = _started(dataset, _unmoved(preset), learnt)
    anew = fit_model(dataset, _unmoved(preset), seed=7)
    # Fitted anew are the numbers of the data, as factors and what content predicts of them.
    bound = 0.1 if is_grown else 0.05
    for attributes in ({}, {"city": "Rome", "age": 30}):
        expected = _ratings(learnt, 0, attributes)
        assert _apart(_ratings(begun, shift, attributes), expected) < bound
        assert _apart(_ratings(anew, shift, attributes), expected) > 0.2
        if learnt.relevance is not None:
            expected = _chances(learnt, 0, attributes)
            assert _apart(_chances(begun, shift, attributes), expected) < 0.1
            assert _apart(_chances(anew, shift, attributes), expected) > 0.3


def test_a_value_that_is_new_begins_as_the_unknown(
    grown_world: Dataset, preset: Preset, learnt: Bundle
):
    begun = _started(grown_world, _unmoved(preset), learnt)

    judged = [_ratings] if learnt.relevance is None else [_ratings, _chances]
    new, unknown, known = (
        np.stack([of(begun, 1, {"city": city, "age": 30}) for of in judged])
        for city in ("Aix", "Nowhere", "Rome")
    )
    assert np.allclose(new, unknown, atol=1e-4)
    assert not np.isclose(new, known, atol=1e-4).all(1).any()


def test_it_learns_on(two_tastes: Dataset, preset: Preset, learnt: Bundle):
    short = _short(preset)
    losses = [
        fit.report.epochs[0].loss
        for fit in (_started(two_tastes, short, learnt), fit_model(two_tastes, short, seed=7))
    ]

    assert losses[0] < losses[1]


def test_it_follows_from_seed_and_bundle_alone(two_tastes: Dataset, preset: Preset, learnt: Bundle):
    short = _short(preset)
    first, second = (_started(two_tastes, short, learnt) for _ in range(2))

    assert np.array_equal(_ratings(first, 0, {}), _ratings(second, 0, {}))


def test_what_does_not_fit_is_refused_with_the_remedy(
    two_tastes: Dataset, preset: Preset, learnt: Bundle
):
    other = next(one for name, one in PRESETS.items() if name != preset.name)
    with pytest.raises(BundleError, match=r"is of the preset .*--from"):
        Start.of(learnt, two_tastes, other)
    with pytest.raises(BundleError, match="rating scale"):
        Start.of(learnt, two_tastes.as_likes(4), preset)
    without = replace(two_tastes, user_features=two_tastes.user_features.drop("city"))
    with pytest.raises(BundleError, match="'city' of users"):
        Start.of(learnt, without, preset)
    option = {"default": {"hidden_width": 8}, "melu": {"embedding_width": 4}}[preset.name]
    with pytest.raises(BundleError, match=r"configuration"):
        _started(two_tastes, with_options(preset, **option), learnt)


def test_numbers_are_carried_over_by_the_bin_that_holds_them():
    kind = KINDS["number"]
    old = kind.fit(pl.Series(np.arange(100.0)), 1)
    new = kind.fit(pl.Series(np.arange(50.0, 150.0)), 1)

    found = new.slots_in(old)

    assert found[0] == 0
    assert found[1] == old.encode(53.0)[0]
    assert found[-1] == old.slots - 1
    assert list(old.slots_in(old)) == list(range(old.slots))


def test_places_of_axes():
    assert blocks(("b", "c"), ("a", "b"), 2).tolist() == [2, 3, NEW, NEW]
    assert grown(3, 2).tolist() == [0, 1, NEW]
    assert joined((grown(2, 1), 1), (np.arange(2), 2)).tolist() == [0, NEW, 1, 2]


def test_a_world_of_clicks_starts_too(tmp_path: Path):
    dataset = load_dataset(write_clicks(tmp_path / "clicks"))
    preset = with_options(QUICK_PRESETS["default"], least_updates=50)
    train_bundle(dataset, preset, tmp_path / "model")
    learnt = load_bundle(tmp_path / "model", prepare=False)

    begun = _started(dataset, _unmoved(preset), learnt)

    assert begun.estimator is None
    assert _apart(_chances(begun, 0, {}), _chances(learnt, 0, {})) < 0.1


def test_weights_are_carried_where_there_is_a_place():
    new, old = torch.zeros(3, 2), torch.tensor([[1.0, 2.0], [3.0, 4.0]])

    found = carried(new, old, np.array([1, NEW, 0]))

    assert found.tolist() == [[3.0, 4.0], [0.0, 0.0], [1.0, 2.0]]
    assert not new.any()
    with pytest.raises(BundleError, match="other widths"):
        carried(torch.zeros(3, 3), old)
