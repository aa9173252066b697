"""Any prepared data set trains, serves and reloads: what a set lacks is no error."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from model.bundle.bundle import load_bundle
from model.bundle.saving import save_bundle
from model.data import load_dataset
from model.episodes import Episodes, RatingsByUser, draw_test_episodes
from model.presets import Preset, fit_estimator
from model.recommender import Recommender
from tests.conftest import QUICK_PRESETS

pytestmark = pytest.mark.slow

BARE = """
name = "bare"
[ratings]
file = "ratings.csv"
user = "who"
item = "what"
rating = "stars"
scale = [{low}, {high}]
[items]
file = "items.csv"
id = "what"
"""


def _bare(folder: Path, rows: list[tuple[str, str, float]], low: float, high: float) -> Path:
    """Write ids and ratings, and not one feature."""
    (folder / "dataset.toml").write_text(BARE.format(low=low, high=high))
    ratings = pl.DataFrame(rows, schema=["who", "what", "stars"], orient="row")
    ratings.write_csv(folder / "ratings.csv")
    ratings.select(pl.col("what").unique(maintain_order=True)).write_csv(folder / "items.csv")
    return folder


def _two_camps(low: float, high: float) -> list[tuple[str, str, float]]:
    """Each user loves the items of one half and hates the others; ids are all there is."""
    random = np.random.default_rng(0)
    rows = []
    for user in range(120):
        for item in random.choice(40, 20, replace=False):
            loves = (item < 20) == (user % 2 == 0)
            rows.append((f"u{user}", f"i{item}", high if loves else low))
    return rows


def _serves(folder: Path, bundle: Path, preset: Preset) -> Recommender:
    dataset = load_dataset(folder)
    estimator, report = fit_estimator(dataset, preset, seed=0)
    save_bundle(estimator, report, preset, dataset, bundle)
    recommender = Recommender.load(bundle)
    recommender.warm_up()
    scores = recommender.score(recommender.adapt({}, [(0, dataset.scale[1])]))
    assert scores.shape == (len(dataset.item_ids),)
    assert np.isfinite(scores).all()
    evidence = recommender.catalogue.evidence
    assert np.isfinite(evidence.score).all()
    return recommender


def test_ids_and_ratings_alone_on_a_scale_of_ten(tmp_path: Path, preset: Preset):
    folder = _bare(tmp_path, _two_camps(1, 10), 1, 10)
    recommender = _serves(folder, tmp_path / "bundle", preset)
    assert recommender.rating_scale == (1, 10)
    if preset.name == "melu":
        return  # without features and ids it can't tell two items apart; it must only not fail
    liked = recommender.catalogue.index_of["i3"]
    scores = recommender.score(recommender.adapt({}, [(liked, 10.0)]))
    camp = np.array([int(id_[1:]) < 20 for id_ in recommender.catalogue.bundled.item_ids])
    assert scores[camp].min() > scores[~camp].max()
    assert scores[camp].mean() > 7 > 4 > scores[~camp].mean()


def test_twenty_ratings_in_all(tmp_path: Path, preset: Preset):
    random = np.random.default_rng(1)
    rows = [(f"u{n % 4}", f"i{n // 2}", float(random.integers(1, 6))) for n in range(20)]
    _serves(_bare(tmp_path, rows, 1, 5), tmp_path / "bundle", preset)


def test_all_ratings_but_one_equal(tmp_path: Path, preset: Preset):
    rows = [(f"u{n % 6}", f"i{n // 6}", 3.0 if n else 4.0) for n in range(60)]
    recommender = _serves(_bare(tmp_path, rows, 1, 5), tmp_path / "bundle", preset)
    scores = recommender.score(recommender.adapt({}, []))
    np.testing.assert_allclose(scores, 3.0, atol=0.6)


def test_likes_and_dislikes_alone(two_tastes_folder: Path, preset: Preset):
    dataset = load_dataset(two_tastes_folder).as_likes(4.0)
    assert dataset.scale == (0.0, 1.0)
    assert set(dataset.ratings.rating.tolist()) == {0.0, 1.0}
    warm = dataset.ratings.of_users(np.arange(120))
    estimator, _ = fit_estimator(dataset, preset, seed=0, ratings=warm)
    episodes = draw_test_episodes(
        RatingsByUser(dataset.ratings, len(dataset.user_ids)),
        np.arange(120, 160),
        query_size=8,
        support_limit=5,
        random=np.random.default_rng(0),
    )
    nothing = Episodes(episodes.user_index, episodes.support_set.first(0), episodes.query_set)
    rating = episodes.query_set.rating
    adapted, alone = (
        ((estimator.predict(dataset, some) > 0.5) == (rating > 0.5)).float().mean().item()
        for some in (episodes, nothing)
    )
    assert adapted > 0.9
    assert alone < 0.7


def test_a_new_user_with_unknown_values_only(two_tastes_folder: Path, bundle: Path):
    recommender = Recommender(load_bundle(bundle))
    known = recommender.score(recommender.adapt({}, []))
    unknown = recommender.score(recommender.adapt({"city": "Atlantis", "age": None}, []))
    assert torch.equal(torch.from_numpy(known), torch.from_numpy(unknown))


def test_values_stored_under_another_model_are_passed_over(bundle: Path):
    recommender = Recommender(load_bundle(bundle))
    known = recommender.score(recommender.adapt({"city": "Rome"}, []))
    stored = {"city": "Rome", "age": "young", "shoe_size": 43}
    found = recommender.score(recommender.adapt(stored, []))
    assert torch.equal(torch.from_numpy(known), torch.from_numpy(found))


@pytest.mark.parametrize("seed", [3, 7, 14, 28, 31])
def test_two_users_are_never_all_in_one_fold(tmp_path: Path, seed: int):
    rows = [(f"u{n % 2}", f"i{n // 2}", float(1 + n % 5)) for n in range(20)]
    dataset = load_dataset(_bare(tmp_path, rows, 1, 5))
    estimator, _ = fit_estimator(dataset, QUICK_PRESETS["default"], seed=seed)
    assert np.isfinite(
        estimator.items.score(estimator.adapt(estimator.user_space.slots({}), []))
    ).all()


def test_an_item_without_a_title_scores_the_same_after_a_reload(tmp_path: Path, preset: Preset):
    text = BARE.format(low=1, high=5) + 'title = "name"\n[items.features]\nname = "text"\n'
    _bare(tmp_path, _two_camps(1, 5), 1, 5)
    (tmp_path / "dataset.toml").write_text(text)
    ids = pl.read_csv(tmp_path / "items.csv").get_column("what")
    # The id of the item without a title is a word of other titles.
    names = ["" if id_ == "i7" else f"story i7 {n % 3}" for n, id_ in enumerate(ids)]
    pl.DataFrame({"what": ids, "name": names}).write_csv(tmp_path / "items.csv")
    dataset = load_dataset(tmp_path)
    estimator, report = fit_estimator(dataset, preset, seed=0)
    save_bundle(estimator, report, preset, dataset, tmp_path / "bundle")
    loaded = load_bundle(tmp_path / "bundle").estimator
    first, second = (
        some.items.score(some.adapt(some.user_space.slots({}), [(0, 5.0)]))
        for some in (estimator, loaded)
    )
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("users", [0, 1])
def test_too_few_users_are_refused_with_a_reason(tmp_path: Path, preset: Preset, users: int):
    rows = [(f"u{n % (users + 1)}", f"i{n}", 3.0 + n) for n in range(users + 1)]
    dataset = load_dataset(_bare(tmp_path, rows, 1, 5))
    with pytest.raises(Exception, match="several users"):
        fit_estimator(dataset, preset, seed=0)
