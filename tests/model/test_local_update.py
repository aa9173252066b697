"""The local update is gradient descent on the support set, and nothing else."""

import pytest
import torch

from model.melu.decision_layers import (
    DecisionWeights,
    initial_decision_weights,
    predict,
    predicted_gradient_norm,
    squared_error_gradient,
)
from model.melu.local_update import local_update


def _random_problem(seed: int, rows: int = 7, width: int = 6, dtype: torch.dtype = torch.float64):
    generator = torch.Generator().manual_seed(seed)
    decision = initial_decision_weights((width, 5, 4, 1), generator)
    decision = DecisionWeights(
        tuple(w.to(dtype) for w in decision.weights),
        # Biases away from zero, so that a gradient that forgets them is caught.
        tuple(
            0.1 * torch.randn(b.shape, generator=generator, dtype=dtype) for b in decision.biases
        ),
    )
    embedding = torch.randn(rows, width, generator=generator, dtype=dtype)
    rating = torch.randn(rows, generator=generator, dtype=dtype)
    return decision, embedding, rating


def test_one_step_on_one_weight_equals_the_step_worked_by_hand():
    # ŷ = w x with w = 2, x = 3, y = 5: L = (6 − 5)² = 1, dL/dw = 2 · 1 · 3 = 6, dL/db = 2.
    decision = DecisionWeights((torch.tensor([[2.0]]),), (torch.tensor([0.0]),))
    adapted = local_update(
        decision,
        torch.tensor([[3.0]]),
        torch.tensor([5.0]),
        torch.ones(1),
        local_steps=1,
        local_learning_rate=0.1,
    )
    assert adapted.weights[0].item() == pytest.approx(2.0 - 0.1 * 6.0)
    assert adapted.biases[0].item() == pytest.approx(0.0 - 0.1 * 2.0)


def test_two_layers_and_two_steps_equal_the_steps_worked_by_hand():
    # ŷ = v · relu(w x), x = 1, y = 0, w = v = 1, rate 0.25, biases left out of the arithmetic by
    # following them too: step 1: ŷ = 1, δ = 2; v ← 1 − .25·2 = .5, c ← −.5, w ← 1 − .25·2 = .5,
    # b ← −.5. Step 2: the hidden unit is relu(.5 − .5) = 0 and closed, ŷ = c = −.5, δ = −1:
    # v stays, c ← −.5 + .25 = −.25, w and b stay.
    decision = DecisionWeights(
        (torch.tensor([[1.0]]), torch.tensor([[1.0]])), (torch.zeros(1), torch.zeros(1))
    )
    adapted = local_update(
        decision,
        torch.tensor([[1.0]]),
        torch.tensor([0.0]),
        torch.ones(1),
        local_steps=2,
        local_learning_rate=0.25,
    )
    assert adapted.weights[0].item() == pytest.approx(0.5)
    assert adapted.weights[1].item() == pytest.approx(0.5)
    assert adapted.biases[0].item() == pytest.approx(-0.5)
    assert adapted.biases[1].item() == pytest.approx(-0.25)


@pytest.mark.parametrize("seed", range(5))
def test_every_step_equals_torch_sgd(seed: int):
    decision, embedding, rating = _random_problem(seed)
    copies = [t.clone().requires_grad_() for t in (*decision.weights, *decision.biases)]
    layers = len(decision.weights)
    optimiser = torch.optim.SGD(copies, lr=0.05)
    for steps in range(1, 6):
        optimiser.zero_grad()
        expected = DecisionWeights(tuple(copies[:layers]), tuple(copies[layers:]))
        ((predict(expected, embedding) - rating) ** 2).mean().backward()
        optimiser.step()
        adapted = local_update(
            decision,
            embedding,
            rating,
            torch.ones_like(rating),
            local_steps=steps,
            local_learning_rate=0.05,
        )
        found = (*adapted.weights, *adapted.biases)
        for mine, theirs in zip(found, copies, strict=True):
            torch.testing.assert_close(mine, theirs.detach(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_the_closed_form_gradient_equals_autograd(seed: int):
    decision, embedding, rating = _random_problem(seed)
    tensors = [t.requires_grad_() for t in (*decision.weights, *decision.biases)]
    weight = torch.linspace(0.1, 1.0, len(rating), dtype=torch.float64)
    loss = (weight * (predict(decision, embedding) - rating) ** 2).sum()
    expected = torch.autograd.grad(loss, tensors)
    found = squared_error_gradient(decision, embedding, rating, weight)
    for mine, theirs in zip((*found.weights, *found.biases), expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-10, atol=1e-12)


def test_the_gradient_norm_of_each_prediction_equals_autograd():
    decision, embedding, _ = _random_problem(3)
    tensors = [t.requires_grad_() for t in (*decision.weights, *decision.biases)]
    expected = [
        torch.cat(
            [g.flatten() for g in torch.autograd.grad(predict(decision, row[None])[0], tensors)]
        ).norm()
        for row in embedding
    ]
    torch.testing.assert_close(
        predicted_gradient_norm(decision, embedding), torch.stack(expected), rtol=1e-10, atol=0
    )


def test_a_batch_with_padding_equals_one_user_at_a_time():
    decision, embedding, rating = _random_problem(11, rows=12)
    sizes = (5, 0, 12, 1)
    padded_x = torch.zeros(len(sizes), 12, embedding.shape[1], dtype=embedding.dtype)
    padded_y = torch.zeros(len(sizes), 12, dtype=rating.dtype)
    mask = torch.zeros(len(sizes), 12, dtype=rating.dtype)
    for row, size in enumerate(sizes):
        padded_x[row] = embedding + row  # padding is not zero: the mask must hide it
        padded_y[row] = rating
        mask[row, :size] = 1
    options = {"local_steps": 4, "local_learning_rate": 0.07, "support_damping": 2.0}
    together = local_update(decision, padded_x, padded_y, mask, **options)
    for row, size in enumerate(sizes):
        alone = local_update(
            decision,
            padded_x[row, :size],
            padded_y[row, :size],
            torch.ones(size, dtype=rating.dtype),
            **options,
        )
        for layer in range(len(decision.weights)):
            torch.testing.assert_close(together.weights[layer][row], alone.weights[layer])
            torch.testing.assert_close(together.biases[layer][row], alone.biases[layer])


def test_adapting_leaves_theta_bit_equal():
    decision, embedding, rating = _random_problem(5)
    before = [t.clone() for t in (*decision.weights, *decision.biases)]
    adapted = local_update(
        decision,
        embedding,
        rating,
        torch.ones_like(rating),
        local_steps=5,
        local_learning_rate=0.5,
    )
    for was, now in zip(before, (*decision.weights, *decision.biases), strict=True):
        assert torch.equal(was, now)
    assert not torch.equal(adapted.weights[0], decision.weights[0])


def test_an_empty_support_set_changes_nothing():
    decision, embedding, rating = _random_problem(5)
    adapted = local_update(
        decision,
        embedding[:0],
        rating[:0],
        torch.ones(0, dtype=rating.dtype),
        local_steps=5,
        local_learning_rate=0.5,
    )
    assert len(decision.weights) > 0
    for was, now in zip(decision.weights, adapted.weights, strict=True):
        assert torch.equal(was, now)


def test_damping_shortens_the_step_of_few_ratings_by_n_over_n_plus_n0():
    decision, embedding, rating = _random_problem(8, rows=3)
    plain = local_update(
        decision, embedding, rating, torch.ones(3).double(), local_steps=1, local_learning_rate=0.1
    )
    damped = local_update(
        decision,
        embedding,
        rating,
        torch.ones(3).double(),
        local_steps=1,
        local_learning_rate=0.1,
        support_damping=9.0,
    )
    torch.testing.assert_close(
        damped.weights[0] - decision.weights[0],
        (plain.weights[0] - decision.weights[0]) * 3 / (3 + 9),
    )
