"""Items put and deleted after training, for every preset."""

from dataclasses import replace

import numpy as np
import pytest

from model.bayesian.serving import item_table
from model.catalogue.live import ItemChange
from model.data import Dataset
from model.errors import FeatureValueError, UnknownFeatureError
from model.orders import Order
from model.presets import Preset
from model.recommender import Recommender
from tests.conftest import QUICK_PRESETS
from tests.training import train_bundle

UNRATED = ["29", "59"]
SUPPORT = [(0, 5.0), (31, 1.0), (7, 4.0)]


@pytest.fixture(scope="module", params=QUICK_PRESETS)
def recommender(
    request: pytest.FixtureRequest, two_tastes: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Recommender:
    """Trained on a world in which nobody has rated two of the items."""
    preset: Preset = QUICK_PRESETS[request.param]
    rated = ~np.isin(two_tastes.ratings.item_index, [int(item) for item in UNRATED])
    dataset = replace(two_tastes, ratings=two_tastes.ratings.where(rated))
    folder = tmp_path_factory.mktemp(request.param) / "model"
    train_bundle(dataset, preset, folder, seed=1)
    return Recommender.load(folder)


def _put(item_id: str, like: str, recommender: Recommender, **attributes: object) -> ItemChange:
    """An item with the content of another."""
    catalogue = recommender.catalogue
    (record,) = catalogue.records([catalogue.index_of[like]])
    return ItemChange(item_id, record.title, record.attributes | attributes)  # type: ignore[arg-type]


def _scores(recommender: Recommender, support: list[tuple[int, float]]) -> np.ndarray:
    return recommender.score(recommender.adapt({}, support))


@pytest.mark.parametrize("unrated", UNRATED)
def test_a_new_item_scores_as_a_known_one_of_its_content_without_ratings(
    recommender: Recommender, unrated: str
):
    live = recommender.with_changes([_put("new", unrated, recommender)])
    scores = _scores(live, SUPPORT)
    assert scores[live.catalogue.index_of["new"]] == pytest.approx(
        scores[live.catalogue.index_of[unrated]], abs=1e-4
    )


def test_an_item_put_with_its_own_content_scores_as_before(recommender: Recommender):
    before = _scores(recommender, SUPPORT)
    live = recommender.with_changes([_put(item, item, recommender) for item in ("3", "40", "59")])
    after = _scores(live, SUPPORT)
    assert len(live.catalogue) == len(recommender.catalogue)
    for item in ("3", "40", "59"):
        assert live.catalogue.index_of[item] >= len(before)
        assert after[live.catalogue.index_of[item]] == pytest.approx(before[int(item)], abs=1e-4)


def test_another_content_changes_the_score(recommender: Recommender):
    live = recommender.with_changes([_put("3", "3", recommender, genre=["horror"])])
    after = _scores(live, SUPPORT)
    assert after[live.catalogue.index_of["3"]] < _scores(recommender, SUPPORT)[3] - 0.01


def test_ratings_of_items_put_since_adapt_like_those_of_the_same_items_before(
    recommender: Recommender,
):
    live = recommender.with_changes(
        [_put("7", "7", recommender), _put("0", "0", recommender), _put("new", "8", recommender)]
    )
    index_of = live.catalogue.index_of
    moved = [(index_of[str(item)], rating) for item, rating in SUPPORT]
    count = len(recommender.catalogue)
    np.testing.assert_allclose(
        _scores(live, moved)[:count], _scores(recommender, SUPPORT), atol=2e-4
    )


def test_ranking_takes_new_items_in_and_leaves_deleted_ones_out(recommender: Recommender):
    live = recommender
    for step in range(4):
        live = live.with_changes(
            [
                *(_put(f"new-{step}-{item}", str(item), recommender) for item in range(0, 60, 7)),
                _put("12", "12", recommender, year=1990 + step),
                ItemChange(str(step)),
                ItemChange(f"new-{step}-7"),
            ]
        )
    user = live.adapt({}, [(5, 5.0)])
    scores = live.score(user)
    allowed = live.catalogue.all_items()
    assert len(allowed) == len(live.catalogue) == 60 + 4 * 9 - 4 - 4
    expected = allowed[np.argsort(-scores[allowed], kind="stable")]
    ranking = live.rank(user, 25, order=Order.RATING)
    np.testing.assert_allclose(ranking.values.score, scores[expected[:25]], atol=1e-5)
    assert {record.item_id for record in live.catalogue.records(ranking.index.tolist())}.isdisjoint(
        {"0", "1", "2", "3", "new-0-7"}
    )
    comedies = live.catalogue.matching({"genre": ["comedy"], "year": ["1993"]})
    assert comedies is not None
    assert live.catalogue.index_of["12"] in comedies
    assert (np.diff(comedies) > 0).all()
    narrowed = live.rank(user, 5, order=Order.RATING, among=comedies, without=comedies[:1])
    assert set(narrowed.index) == set(comedies[1:6])


def test_an_earlier_recommender_does_not_change(recommender: Recommender):
    before = _scores(recommender, SUPPORT)
    live = recommender.with_changes([ItemChange("5"), _put("new", "6", recommender)])
    assert "5" in recommender.catalogue.index_of
    assert "new" not in recommender.catalogue.index_of
    np.testing.assert_array_equal(_scores(recommender, SUPPORT), before)
    again = live.with_changes([_put("5", "5", recommender)])
    assert "5" not in live.catalogue.index_of
    assert live.catalogue.index_of.get("5", -7) == -7
    assert live.catalogue.indices_of(["5", "never", "new", "6"]).tolist() == [
        live.catalogue.index_of["new"],
        recommender.catalogue.index_of["6"],
    ]
    assert again.catalogue.records([again.catalogue.index_of["5"]])[0].item_id == "5"


def test_what_nobody_has_rated_is_not_asked_about(recommender: Recommender):
    live = recommender.with_changes([_put("new", "0", recommender), ItemChange("30")])
    catalogue = live.catalogue
    for evidence in (catalogue.evidence, live.evidence(live.adapt({}, SUPPORT))):
        assert len(evidence.score) == catalogue.size
        assert evidence.score[catalogue.index_of["new"]] == 0
        assert evidence.score[30] == 0


def test_attributes_must_exist_and_fit(recommender: Recommender):
    with pytest.raises(UnknownFeatureError):
        recommender.with_changes([ItemChange("new", "New", {"mood": "dark"})])
    with pytest.raises(FeatureValueError, match="year"):
        recommender.with_changes([ItemChange("new", "New", {"year": "soon"})])
    with pytest.raises(FeatureValueError, match="genre"):
        recommender.with_changes([ItemChange("new", "New", {"genre": 3})])


def test_values_are_brought_into_the_catalogues_form(recommender: Recommender):
    put = ItemChange("new", None, {"genre": "comedy", "colour": 7, "year": "1990"})
    catalogue = recommender.with_changes([put]).catalogue
    (record,) = catalogue.records([catalogue.index_of["new"]])
    assert record.title == "new"
    assert record.attributes == {"genre": ["comedy"], "colour": "7", "year": 1990}


def test_a_support_set_is_predicted_as_its_items_are(recommender: Recommender):
    live = recommender.with_changes([_put("new", "3", recommender)])
    estimator = live._estimator
    rated = np.array([31, live.catalogue.index_of["new"], 0])
    user = estimator.adapt(estimator.user_space.slots({}), [(int(item), 4.0) for item in rated])
    np.testing.assert_allclose(user.support_scores, estimator.items.score(user, rated), atol=1e-4)


def _with_live_items(recommender: Recommender) -> Recommender:
    """As `recommender`, with changed, new and deleted items."""
    return recommender.with_changes(
        [
            _put("new", "3", recommender),
            _put("7", "7", recommender),
            _put("newer", "40", recommender),
            ItemChange("12"),
        ]
    )


def test_reasons_of_live_items_are_those_of_really_leaving_out(recommender: Recommender):
    live = _with_live_items(recommender)
    index_of = live.catalogue.index_of
    support = [(index_of["new"], 5.0), (31, 1.0), (index_of["7"], 4.0)]
    items = np.array([index_of["newer"], 5, index_of["new"], 50])

    scores = live.leave_one_out({}, support, 10, items)

    assert scores.shape == (4, 4)
    parts = [support, *(support[:i] + support[i + 1 :] for i in range(3))]
    really = np.stack([_scores(live, part)[items] for part in parts])
    np.testing.assert_allclose(scores, really, atol=1e-4)


def test_variety_among_live_items(recommender: Recommender):
    live = _with_live_items(recommender)
    ranking = live.rank(live.adapt({}, SUPPORT), 200)

    varied = live.diversified(ranking, 0.7)

    assert set(varied.index) == set(ranking.index) == set(live.catalogue.all_items())
    assert varied.index[0] == ranking.index[0]
    assert list(varied.index) != list(ranking.index)


def test_more_live_items_than_are_ranked_in_one_stage_are_taken_in_at_any_time(
    recommender: Recommender, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(item_table, "ONE_STAGE_LIMIT", 5)
    many = [_put(f"new-{item}", str(item), recommender) for item in range(20)]

    at_once = recommender.with_changes([*many, _put("last", "3", recommender)])
    then_one = recommender.with_changes(many).with_changes([_put("last", "3", recommender)])
    one_by_one = recommender
    for change in [*many, _put("last", "3", recommender)]:
        one_by_one = one_by_one.with_changes([change])

    expected = _scores(at_once, SUPPORT)
    assert len(expected) == 60 + 21
    np.testing.assert_allclose(_scores(then_one, SUPPORT), expected, atol=1e-5)
    np.testing.assert_allclose(_scores(one_by_one, SUPPORT), expected, atol=1e-5)
