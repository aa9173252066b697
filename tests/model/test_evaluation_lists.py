"""Lists are measured as they are served, beside baselines tuned for each number of answers."""

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sparse

from model.baselines.lists import Likes, TunedListBaselines
from model.baselines.lists.choice import Given
from model.baselines.lists.ease import Ease
from model.baselines.lists.ials import Ials
from model.baselines.lists.item_knn import ItemKnn
from model.data import Dataset, load_dataset
from model.evaluation.lists import SERVED, ListProtocol, evaluate_lists, evaluate_new_items
from model.evaluation.lists.metrics import measure_lists, top_of_scores
from model.evaluation.lists.protocol import ListTrial, draw_trials, split_users
from tests.conftest import QUICK_PRESETS
from tests.worlds import ITEMS_OF_A_GENRE, write_many_tastes

pytestmark = pytest.mark.slow

SMALL = ListProtocol((0, 1, 3), 5, 12, 2)


def trial(given: list[int], targets: list[int], disliked: list[int]) -> ListTrial:
    pairs = tuple((item, 5.0) for item in given)
    return ListTrial(0, pairs, np.array(targets), np.array(disliked))


def test_a_perfect_list_is_worth_1_and_one_without_a_hit_0():
    one = trial([], [3, 5, 8], [9])
    share = np.linspace(0, 1, 30)
    perfect = np.array([[3, 5, 8, *range(10, 27)]])
    bad = np.array([[9, *range(10, 29)]])

    found, missed = measure_lists(perfect, [one], share), measure_lists(bad, [one], share)

    assert found.ndcg.tolist() == pytest.approx([1])
    assert found.recall.tolist() == [1]
    assert found.disliked.tolist() == [0]
    assert found.popularity.tolist() == pytest.approx([share[perfect[0]].mean()])
    assert missed.ndcg.tolist() == [0]
    assert missed.disliked.tolist() == [1 / 20]
    assert missed.coverage == 20


def test_a_hit_on_the_second_place_counts_by_its_logarithm():
    lists = np.array([[0, 7, *range(10, 28)]])

    found = measure_lists(lists, [trial([], [7], [])], np.zeros(30))

    assert found.ndcg.tolist() == pytest.approx([1 / np.log2(3)])


def test_what_is_given_is_not_listed():
    scores = np.arange(30, dtype=np.float32)[None, ::-1].copy()

    lists = top_of_scores(scores, [trial([0, 1, 2], [7], [])], 2)

    assert lists[0].tolist() == list(range(2, 22))


def test_trials_give_what_comes_first_and_ask_for_what_comes_after(two_tastes: Dataset):
    warm, new = split_users(two_tastes.ratings, seed=0)
    assert set(warm).isdisjoint(new)
    assert len(new) == round(0.2 * (len(warm) + len(new)))

    trials = draw_trials(two_tastes, two_tastes.ratings, new, SMALL, seed=0)

    assert trials
    for one in trials:
        rated = two_tastes.ratings.of_users(np.array([one.user]))
        stars = dict(zip(rated.item_index.tolist(), rated.rating.tolist(), strict=True))
        assert len(one.given) == SMALL.reserved
        assert all(stars[item] == rating for item, rating in one.given)
        given = {item for item, _ in one.given}
        liked = {item for item, rating in stars.items() if rating >= 4} - given
        assert set(one.targets.tolist()) == liked
        assert all(stars[item] <= 2 for item in one.disliked.tolist())


def planted_likes(dataset: Dataset) -> tuple[Likes, sparse.csr_matrix]:
    """Everybody's likes, and a user who is given one comedy."""
    given = sparse.csr_matrix(([1.0], ([0], [3])), (1, len(dataset.item_ids)), dtype=np.float32)
    return Likes.of(dataset, dataset.ratings), given


@pytest.mark.parametrize("make", [lambda x: ItemKnn(x, 5), lambda x: Ease(x, 50), "ials", "more"])
def test_a_baseline_follows_the_one_like_that_it_is_given(two_tastes: Dataset, make: object):
    likes, given = planted_likes(two_tastes)
    if make in ("ials", "more"):
        pytest.importorskip("implicit")
        weight = 0.5 if make == "more" else 0.0
        baseline = Ials(likes, 8, 1.0, 5.0, weight)
    else:
        baseline = make(likes)  # type: ignore[operator]

    scores = baseline.scores(np.array([0]), given)[0]

    scores[3] = -np.inf
    assert (np.argsort(-scores)[:10] < ITEMS_OF_A_GENRE).all()


def test_ease_has_its_closed_form(two_tastes: Dataset):
    """x B solves the ridge regression of each item on all others."""
    likes, _ = planted_likes(two_tastes)
    matrix = likes.matrix.toarray().astype(np.float64)
    target, ridge = 7, 30.0
    others = np.delete(np.arange(matrix.shape[1]), target)
    x = matrix[:, others]
    weights = np.linalg.solve(x.T @ x + ridge * np.eye(len(others)), x.T @ matrix[:, target])

    found = Ease(likes, ridge)._weights

    np.testing.assert_allclose(found[others, target], weights, atol=1e-4)
    assert found[target, target] == 0


def test_settings_are_chosen_for_each_number_of_answers(two_tastes: Dataset):
    likes, given = planted_likes(two_tastes)
    best_of = {1: 100.0, 3: 3.0}
    right = {
        size: ItemKnn(likes, shrinkage).scores(np.array([0]), given)
        for size, shrinkage in best_of.items()
    }

    tuned = TunedListBaselines.choose(
        likes,
        Given(np.array([0]), dict.fromkeys(best_of, given)),
        lambda scores, size: -np.abs(scores - right[size]).sum(1),
        ["item_knn", "popularity"],
    )

    settings = tuned.settings()
    assert settings["item_knn"] == {"1": {"shrinkage": 100.0}, "3": {"shrinkage": 3.0}}
    assert settings["popularity"] == {"1": {}, "3": {}}


def test_a_world_of_two_tastes_is_told_by_one_like(two_tastes: Dataset):
    evaluation = evaluate_lists(
        two_tastes,
        QUICK_PRESETS["default"],
        [0],
        protocol=SMALL,
        baselines=["popularity", "item_knn"],
    )

    assert set(evaluation.values) >= {SERVED, "rating", "amortised_start", "popularity"}
    assert evaluation.difference(SERVED, "popularity", 3).mean > 0.1
    assert evaluation.difference(SERVED, "theta_alone", 0).mean == 0
    assert evaluation.difference(SERVED, "theta_alone", 3).mean > 0.1
    assert evaluation.best_baseline(3) == "item_knn"


def test_a_world_of_clicks_has_no_order_by_rating(two_tastes: Dataset):
    evaluation = evaluate_lists(
        two_tastes.liked_only(),
        QUICK_PRESETS["default"],
        [0],
        protocol=ListProtocol((0, 2), 3, 6, 2),
        baselines=["popularity"],
    )

    assert "rating" not in evaluation.values
    assert evaluation.difference(SERVED, "popularity", 2).mean > 0


def test_new_items_are_told_apart_by_their_content(tmp_path: Path):
    evaluation = evaluate_new_items(
        load_dataset(write_many_tastes(tmp_path)),
        QUICK_PRESETS["default"],
        [0],
        protocol=ListProtocol((0, 3), 3, 6, 1),
    )

    assert set(evaluation.baselines) == {"random", "numbers", "content_knn"}
    new = {"content_knn", SERVED}
    for name in new:
        assert evaluation.difference(name, "random", 3).mean > 0.1
