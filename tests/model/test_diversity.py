"""Maximal marginal relevance, on worlds whose right order is known."""

import numpy as np

from model.ranking import diversified, shared_values
from model.recommender import Recommender

SCORES = np.array([5.0, 4.9, 4.8, 3.0], dtype=np.float32)
KINDS = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=np.float32)


def test_none_keeps_the_order():
    assert diversified(SCORES, [KINDS], 0.0).tolist() == [0, 1, 2, 3]


def test_some_takes_the_best_of_the_other_kind_second():
    assert diversified(SCORES, [KINDS], 0.5).tolist() == [0, 2, 1, 3]


def test_variety_alone_still_begins_with_the_best_and_breaks_ties_by_score():
    assert diversified(SCORES, [KINDS], 1.0).tolist() == [0, 2, 1, 3]


def test_every_view_counts():
    other = KINDS[[0, 2, 0, 2]]

    assert diversified(SCORES, [KINDS, other], 1.0).tolist()[:2] == [0, 3]


def test_equal_items_and_equal_scores_stay_in_their_order():
    same = np.ones((5, 3), dtype=np.float32)

    for diversity in (0.0, 0.4, 1.0):
        order = diversified(np.ones(5, dtype=np.float32), [same], diversity)
        assert order.tolist() == [0, 1, 2, 3, 4]


def test_values_that_one_item_alone_has_tell_nothing():
    marks = shared_values(
        [
            {"genre": ["a", "b"], "year": 1990, "plot": "one"},
            {"genre": ["a"], "year": 1990, "plot": "two"},
            {"colour": "a"},
            {},
        ]
    )

    assert marks.tolist() == [[1], [1], [0], [0]]


def test_items_beyond_the_best_few_hundred_stay_where_they_are(recommender: Recommender):
    user = recommender.adapt({}, [(0, 5.0), (31, 1.0)])
    ranking = recommender.rank(user, 60)

    found = recommender.diversified(ranking, 0.6)

    assert sorted(found.index) == sorted(ranking.index)
    assert found.index[0] == ranking.index[0]
    values = dict(zip(ranking.index.tolist(), ranking.values.value.tolist(), strict=True))
    assert [values[item] for item in found.index.tolist()] == found.values.value.tolist()
    assert recommender.diversified(ranking, 0.0) is ranking
