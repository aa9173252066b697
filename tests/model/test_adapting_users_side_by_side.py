"""Local updates of several users taken together give each what it gets alone; for every preset."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from model.adapted_copy import AdaptedCopy
from model.answers import Answer, Comparison, Kind, SupportSet
from model.arrays import Float32Array
from model.catalogue.live import ItemChange
from model.recommender import Recommender
from tests.diverging import write_diverging

ITEMS = 60
USERS = 24


def a_user(seed: int) -> tuple[dict[str, object], SupportSet]:
    """Somebody with another number of ratings than others, and some with other answers too."""
    random = np.random.default_rng(seed)
    items = [int(item) for item in random.choice(ITEMS, 1 + (seed * 5) % 40, replace=False)]
    attributes: dict[str, object] = {"age": int(random.integers(18, 80))} if seed % 3 else {}
    rated = [(item, float(random.integers(1, 6))) for item in items]
    if seed % 4 == 1:
        return attributes, [*rated, Answer((items[0] + 1) % ITEMS, None, Kind.UNSEEN, asked=True)]
    if seed % 4 == 2:
        return attributes, [Answer(item, None, Kind.LIKED) for item in items]
    if seed % 8 == 3:
        return attributes, [*rated, Comparison(((items[0],), ((items[0] + 1) % ITEMS,)), (1.0, 0))]
    return attributes, rated


def told_of(recommender: Recommender, user: AdaptedCopy) -> Float32Array:
    """What is served of a user: relevance and predicted ratings of the best half of the items."""
    ranking = recommender.rank(user, ITEMS // 2)
    told = [
        np.asarray(one, dtype=np.float32)[np.argsort(ranking.index)]
        for one in (ranking.values.score, ranking.values.relevance, ranking.values.lift)
        if one is not None
    ]
    return np.concatenate([np.sort(ranking.index), *told])


def test_each_gets_what_it_gets_alone(recommender: Recommender):
    users = [*map(a_user, range(USERS)), ({"age": 30}, []), ({}, [])]
    together = recommender.adapt_each(users)

    assert len({len(given) for _, given in users}) > 5
    assert len(together) == len(users) > USERS
    for adapted, one in zip(together, users, strict=True):
        alone = recommender.adapt(*one)
        assert (adapted.local_steps, adapted.support_size) == (
            alone.local_steps,
            alone.support_size,
        )
        np.testing.assert_allclose(
            told_of(recommender, adapted), told_of(recommender, alone), atol=2e-5
        )
        np.testing.assert_allclose(recommender.score(adapted), recommender.score(alone), atol=2e-5)


def test_users_who_gave_the_most_and_the_least_go_together(recommender: Recommender):
    many = ({}, [(item, 1.0 + item % 5) for item in range(32)])
    for other in (({}, [(40, 5.0)]), ({"age": 20}, [(41, 1.0), (42, 2.0)])):
        for adapted, one in zip(recommender.adapt_each([many, other]), (many, other), strict=True):
            expected = recommender.score(recommender.adapt(*one))
            np.testing.assert_allclose(recommender.score(adapted), expected, atol=2e-5)


def test_one_and_nobody(recommender: Recommender):
    one = a_user(5)

    assert recommender.adapt_each([]) == []
    (adapted,) = recommender.adapt_each([one])
    np.testing.assert_array_equal(
        told_of(recommender, adapted), told_of(recommender, recommender.adapt(*one))
    )


def test_whose_update_diverges_takes_nobody_along(bundle: Path, tmp_path: Path):
    diverging = Recommender.load(write_diverging(bundle, tmp_path / "model", 1e37))
    users = [({}, [(0, 5.0), (31, 1.0)]), ({}, []), ({"age": 30}, [(1, 5.0), (33, 1.0), (7, 4.0)])]

    together = diverging.adapt_each(users)

    assert [adapted.diverged for adapted in together] == [True, False, True]
    for adapted, one in zip(together, users, strict=True):
        alone = diverging.adapt(*one)
        assert adapted.diverged == alone.diverged
        np.testing.assert_array_equal(diverging.score(adapted), diverging.score(alone))


def test_with_live_items(recommender: Recommender):
    (record,) = recommender.catalogue.records([3])
    grown = recommender.with_changes(
        [ItemChange(f"more {n}", record.title, record.attributes) for n in range(5)]
    )
    users = [({}, [(ITEMS + n, 5.0 - n), (n, 1.0 + n)]) for n in range(4)]
    for adapted, one in zip(grown.adapt_each(users), users, strict=True):
        expected = grown.score(grown.adapt(*one))
        np.testing.assert_allclose(grown.score(adapted), expected, atol=2e-5)
