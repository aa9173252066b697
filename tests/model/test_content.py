"""Statistics, factors and content regressions against worked or brute-force answers."""

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sparse

from model.content.bias_statistics import item_statistics
from model.content.content import ItemContent, LeaveOneOutRegression, principal_axes
from model.content.factors import cooccurrence_factors, probabilistic_pca, rotate_onto
from model.data.dataset import Ratings
from model.features.kinds import CATEGORIES, CATEGORY, NUMBER, TEXT


def _ratings(random: np.random.Generator, users: int, items: int, count: int) -> Ratings:
    pairs = random.choice(users * items, count, replace=False)
    return Ratings(pairs // items, pairs % items, random.integers(1, 6, count).astype(np.float32))


def test_statistics_sum_what_mean_and_user_bias_leave():
    ratings = _ratings(np.random.default_rng(0), 20, 10, 80)
    found = item_statistics(ratings, 20, 11)
    assert found.mean == pytest.approx(ratings.rating.astype(float).mean())
    for item in range(11):
        of_item = ratings.item_index == item
        residual = (
            ratings.rating[of_item].astype(float)
            - found.mean
            - found.user_bias[ratings.user_index[of_item]]
        )
        assert found.residual_sum[item] == pytest.approx(residual.sum())
        assert found.square_sum[item] == pytest.approx((residual**2).sum())
        assert found.count[item] == of_item.sum()
    assert not found.known[10]


def test_ratings_can_be_taken_out_again():
    ratings = _ratings(np.random.default_rng(1), 20, 10, 80)
    whole = item_statistics(ratings, 20, 10)
    out = ratings.user_index == ratings.user_index[0]
    rest = whole.without(ratings.where(out))
    kept = ratings.where(~out)
    residual = kept.rating.astype(float) - whole.mean - whole.user_bias[kept.user_index]
    np.testing.assert_allclose(rest.residual_sum, np.bincount(kept.item_index, residual, 10))
    np.testing.assert_allclose(rest.count, np.bincount(kept.item_index, minlength=10))


def test_damped_bias_falls_back_on_what_is_expected():
    ratings = Ratings(np.array([0, 1]), np.array([0, 0]), np.float32([5, 5]))
    statistics = item_statistics(ratings, 2, 2)
    bias = statistics.item_bias(np.array([0.0, -0.7]), damping=4.0)
    assert bias[1] == pytest.approx(-0.7)
    assert bias[0] == pytest.approx(statistics.residual_sum[0] / (2 + 4))


def test_probabilistic_pca_finds_planted_factors():
    random = np.random.default_rng(2)
    users, items = 400, 60
    loadings, tastes = random.normal(size=(items, 2)), random.normal(size=(users, 2))
    pairs = random.choice(users * items, users * 20, replace=False)
    user, item = pairs // items, pairs % items
    residual = (loadings[item] * tastes[user]).sum(1) + random.normal(0, 0.3, len(pairs))
    ratings = Ratings(user, item, np.zeros(len(pairs), np.float32))
    start = random.normal(0, 0.1, (items + 1, 2))
    found = probabilistic_pca(ratings, residual, items + 1, ridge=1.0, start=start)
    assert not found[items].any()
    fitted = rotate_onto(found[:items], loadings, np.ones(items))
    for factor in range(2):
        assert np.corrcoef(fitted[:, factor], loadings[:, factor])[0, 1] > 0.97


def test_rotation_undoes_a_rotation():
    random = np.random.default_rng(3)
    factors = random.normal(size=(30, 4)).astype(np.float32)
    turn, _ = np.linalg.qr(random.normal(size=(4, 4)))
    found = rotate_onto((factors @ turn).astype(np.float32), factors, np.ones(30))
    np.testing.assert_allclose(found, factors, atol=1e-5)


def test_cooccurrence_tells_apart_what_different_people_rate():
    random = np.random.default_rng(4)
    pairs = np.array(
        [
            (user, item)
            for user in range(200)
            for item in random.choice(20, 8, replace=False) + 20 * (user % 2)
        ]
    )
    ratings = Ratings(pairs[:, 0], pairs[:, 1], np.ones(len(pairs), np.float32))
    factors = cooccurrence_factors(ratings, 200, 40, 3, random.normal(size=40))
    first = factors[:, 0] > 0
    assert len(set(first[:20])) == len(set(first[20:])) == 1
    assert first[0] != first[39]


def test_where_everybody_rated_everything_there_are_no_cooccurrence_factors():
    user, item = np.divmod(np.arange(200), 10)
    ratings = Ratings(user, item, np.ones(200, np.float32))
    found = cooccurrence_factors(ratings, 20, 10, 3, np.arange(10.0))
    assert found.shape == (10, 0)


def test_a_tiny_matrix_has_no_cooccurrence_factors():
    ratings = Ratings(np.array([0, 1]), np.array([0, 1]), np.ones(2, np.float32))
    assert cooccurrence_factors(ratings, 2, 2, 8, np.ones(2)).shape == (2, 0)


def test_leave_one_out_equals_fitting_again_without_each_item():
    random = np.random.default_rng(5)
    rows = sparse.csr_matrix(random.normal(size=(9, 4)))
    known = np.array([True] * 7 + [False] * 2)
    noise, target = random.uniform(0.5, 2, 7), random.normal(size=(9, 2))
    found = LeaveOneOutRegression(rows, 1.0, known, noise).predict(target)
    dense = rows.toarray()

    def predicted_from(fit: list[int], item: int) -> np.ndarray:
        kernel = dense[fit] @ dense[fit].T + 1.0 + np.diag(noise[fit])
        return (dense[item] @ dense[fit].T + 1.0) @ np.linalg.solve(kernel, target[fit])

    for item in range(9):
        expected = predicted_from([other for other in range(7) if other != item], item)
        np.testing.assert_allclose(found[item], expected, rtol=1e-9)


CONTENT = pl.DataFrame(
    {
        "genre": [["a", "b"], ["a"], ["b", "c"], ["c"], None, ["rare"]],
        "plot": ["wolf moon wolf", "moon sea", "sea wolf", "sea moon", "wolf moon sea", "unique"],
        "year": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    },
    schema_overrides={"genre": pl.List(pl.String)},
)
KINDS = {
    "genre": CATEGORIES,
    "plot": TEXT,
    "year": NUMBER,
}


def test_content_rows_are_scaled_and_single_values_left_out():
    content = ItemContent.fit(CONTENT, KINDS, np.ones(6, dtype=bool), np.random.default_rng(0))
    genre = content.blocks["genre"].toarray()
    np.testing.assert_allclose(genre[0], [0.5**0.5, 0.5**0.5, 0])
    np.testing.assert_allclose(genre[1], [1, 0, 0])
    assert not genre[4].any()
    assert not genre[5].any()
    assert "year" not in content.blocks
    assert content.rows({CATEGORIES: 0.5}).shape == (6, 3)
    assert content.rows({}).shape == (6, 0)


def test_items_without_any_feature_have_empty_content():
    content = ItemContent.fit(pl.DataFrame(), {}, np.ones(5, dtype=bool), np.random.default_rng(0))
    rows = content.rows({CATEGORY: 1.0})
    assert rows.shape == (5, 0)
    axes = principal_axes(rows, np.ones(5, dtype=bool), 3, np.random.default_rng(0))
    assert axes.shape == (0, 0)


def test_principal_axes_keep_products():
    random = np.random.default_rng(6)
    rows = sparse.csr_matrix(random.normal(size=(12, 2)) @ random.normal(size=(2, 8)))
    reduced = rows @ principal_axes(rows, np.ones(12, dtype=bool), 2, random)
    np.testing.assert_allclose(reduced @ reduced.T, (rows @ rows.T).toarray(), atol=1e-8)


def test_principal_axes_do_not_hang_on_the_solvers_start():
    random = np.random.default_rng(7)
    one, other = random.normal(size=(2, 30, 3))
    # Mirrored columns: of half the axes, the largest entries are two of opposite sign.
    mirrored = np.block([[one, other], [other, one]])
    for rows in (random.normal(size=(40, 8)), mirrored):
        known = np.ones(len(rows), dtype=bool)
        first, *others = (
            principal_axes(sparse.csr_matrix(rows), known, 4, np.random.default_rng(start))
            for start in range(12)
        )
        np.testing.assert_allclose(np.stack(others), np.stack([first] * 11), atol=1e-8)


def test_cooccurrence_factors_do_not_hang_on_the_solvers_start():
    random = np.random.default_rng(8)
    # Mirrored communities, each of which knows some of the other's items.
    own, strange = random.random((40, 12)) < 0.6, random.random((40, 12)) < 0.2
    user, item = np.nonzero(np.block([[own, strange], [strange, own]]))
    ratings = Ratings(user, item, np.ones(len(user), np.float32))
    first, *others = (
        cooccurrence_factors(ratings, 80, 24, 4, np.random.default_rng(start).normal(size=24))
        for start in range(12)
    )
    np.testing.assert_allclose(np.stack(others), np.stack([first] * 11), atol=1e-5)
