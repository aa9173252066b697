"""What explains a recommendation equals what happens without the feedback."""

import numpy as np

from model.recommender import Recommender

USERS = 100
ITEMS = 60


def a_user(seed: int) -> tuple[dict[str, object], list[tuple[int, float]]]:
    random = np.random.default_rng(seed)
    items = random.choice(ITEMS, 1 + seed % 24, replace=False)
    attributes = {"age": int(random.integers(18, 80))} if seed % 3 else {}
    return attributes, [(int(item), float(random.integers(1, 6))) for item in items]


def test_for_a_hundred_users_every_effect_is_that_of_really_leaving_out(recommender: Recommender):
    every = np.arange(ITEMS)
    told = 0
    for seed in range(USERS):
        attributes, support_set = a_user(seed)
        scores = recommender.leave_one_out(attributes, support_set, 100, every)
        whole = recommender.score(recommender.adapt(attributes, support_set))
        np.testing.assert_allclose(scores[0], whole, atol=1e-4)
        for left_out in range(len(support_set)):
            rest = support_set[:left_out] + support_set[left_out + 1 :]
            really = whole - recommender.score(recommender.adapt(attributes, rest))
            effect = scores[0] - scores[left_out + 1]
            np.testing.assert_allclose(effect, really, atol=2e-4)
            clear = np.abs(really) > 2e-4
            told += clear.sum()
            np.testing.assert_array_equal(np.sign(effect[clear]), np.sign(really[clear]))
    assert told > USERS * ITEMS


def test_beyond_the_limit_the_next_older_rating_steps_in(recommender: Recommender):
    attributes, support_set = a_user(23)
    every = np.arange(ITEMS)
    limit = 10
    scores = recommender.leave_one_out(attributes, support_set, limit, every)
    assert len(scores) == 1 + limit
    for row, some in enumerate(
        [support_set[:limit]]
        + [support_set[:out] + support_set[out + 1 : limit + 1] for out in range(limit)]
    ):
        expected = recommender.score(recommender.adapt(attributes, some))
        np.testing.assert_allclose(scores[row], expected, atol=1e-4)


def test_a_user_without_ratings_has_one_row(recommender: Recommender):
    scores = recommender.leave_one_out({}, [], 100, np.arange(5))

    np.testing.assert_allclose(scores, recommender.score(recommender.adapt({}, []))[None, :5])
