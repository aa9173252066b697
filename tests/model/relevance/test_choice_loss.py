"""The choice loss has known answers."""

import numpy as np
import pytest
import torch

from model.episodes import PaddedRatings
from model.relevance import RelevanceConfig
from model.relevance.choice_loss import choice_loss, draw_sample

ITEMS = 50


def ratings(*rows: list[int]) -> PaddedRatings:
    width = max(len(row) for row in rows)
    mask = np.array([[place < len(row) for place in range(width)] for row in rows])
    index = np.array([row + [0] * (width - len(row)) for row in rows], dtype=np.int64)
    return PaddedRatings(index, torch.ones(index.shape), torch.from_numpy(mask.astype(np.float32)))


def loss(
    vector: torch.Tensor,
    output: torch.Tensor,
    support: PaddedRatings,
    query: PaddedRatings,
    config: RelevanceConfig | None = None,
    worth: np.ndarray | None = None,
) -> float:
    worth = np.ones(query.item_index.shape, dtype=np.float32) if worth is None else worth
    config = config or RelevanceConfig()
    return float(choice_loss(vector, output, support, query, worth, config.list_length))


def test_of_equal_items_it_is_the_logarithm_of_their_number_without_those_given():
    output = torch.zeros(ITEMS, 3)

    found = loss(torch.zeros(1, 3), output, ratings([0, 1, 2]), ratings([7, 8]))

    assert found == pytest.approx(np.log(ITEMS - 3))


def test_it_is_the_cross_entropy_of_torch():
    generator = torch.Generator().manual_seed(1)
    output = torch.randn(ITEMS, 4, generator=generator)
    vector = torch.randn(2, 4, generator=generator)
    logits = vector @ output.T
    logits[0, 3] = logits[1, 5] = -torch.inf

    found = loss(vector, output, ratings([3], [5]), ratings([1], [2]))

    expected = torch.nn.functional.cross_entropy(logits, torch.tensor([1, 2]))
    assert found == pytest.approx(float(expected), rel=1e-5)


def test_users_count_by_what_their_likes_are_worth_on_a_list():
    """With lists of 2, a user of four likes counts as two of one like."""
    output = torch.zeros(ITEMS, 1)
    output[10:14] = 1.0
    vector = torch.tensor([[1.0], [0.0]])
    config = RelevanceConfig(list_length=2)

    found = loss(vector, output, ratings([], []), ratings([10, 11, 12, 13], [20]), config)

    first = np.log(ITEMS - 4 + 4 * np.e) - 1
    assert found == pytest.approx((2 * first + 1 * np.log(ITEMS)) / 3, rel=1e-5)


def test_what_is_no_like_is_no_target():
    output = torch.zeros(ITEMS, 1)
    worth = np.array([[0.0, 1.0]], dtype=np.float32)

    one = loss(torch.zeros(1, 1), output, ratings([0]), ratings([1, 2]), worth=worth)

    assert one == pytest.approx(np.log(ITEMS - 1))


def test_drawn_items_estimate_the_sum_over_all():
    generator = torch.Generator().manual_seed(2)
    output = torch.randn(ITEMS, 4, generator=generator)
    vector = torch.randn(3, 4, generator=generator) / 2
    support, query = ratings([1], [2, 3], [4]), ratings([5, 6], [7], [8])
    exact = loss(vector, output, support, query)
    share = np.random.default_rng(3).dirichlet(np.full(ITEMS, 5.0))
    worth = np.ones(query.item_index.shape, dtype=np.float32)

    found = [
        float(
            choice_loss(
                vector,
                output,
                support,
                query,
                worth,
                20,
                draw_sample(share, ITEMS - 1, np.random.default_rng(seed)),
            )
        )
        for seed in range(400)
    ]

    assert np.mean(found) == pytest.approx(exact, abs=0.02)
    assert np.std(found) > 0


def test_a_sample_weighs_its_items_by_how_many_they_stand_for():
    share = np.array([0.5, 0.25, 0.125, 0.125])
    value = np.array([1.0, 2.0, 3.0, 4.0])

    found = []
    for seed in range(2_000):
        drawn, log_weight = draw_sample(share, 3, np.random.default_rng(seed))
        assert len(set(drawn.tolist())) == len(drawn)
        found.append((np.exp(log_weight) * value[drawn]).sum())

    assert np.mean(found) == pytest.approx(value.sum(), rel=0.03)


def test_few_items_are_not_drawn_but_taken():
    drawn, log_weight = draw_sample(np.full(5, 0.2), 5, np.random.default_rng(0))

    assert drawn.tolist() == [0, 1, 2, 3, 4]
    assert log_weight.tolist() == [0, 0, 0, 0, 0]
