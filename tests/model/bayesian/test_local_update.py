"""The local update of the default preset: an exact start, then exact gradient steps."""

import numpy as np
import pytest
import torch

from model.bayesian.decision_layers import DecisionWeights
from model.bayesian.local_update import gradient_steps, local_update, posterior_mean
from model.bayesian.network import BayesianNetwork, Representation, SupportSet
from model.bayesian.preset import BayesianPreset, EstimatorConfig
from model.bayesian.training.item_features import ItemRows
from model.features import EncodedTable, FeatureSpace, NumberBins

ITEMS = 12
SPACE = FeatureSpace(
    encoders={"age": NumberBins(kind="number", edges=(30.0,), lowest=10.0, highest=60.0)}
)


def _random(*shape: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


@pytest.fixture
def network() -> BayesianNetwork:
    config = EstimatorConfig(
        encoder_width=7, set_inputs=3, set_width=5, hidden_width=4, local_steps=3
    )
    made = BayesianNetwork(
        BayesianPreset(estimator=config), 6, 4, SPACE, 3.5, torch.Generator().manual_seed(0)
    ).double()
    with torch.no_grad():
        for index, parameter in enumerate(made.parameters()):
            parameter += 0.2 * _random(*parameter.shape, seed=index)
        made.output.mul_(3)
    return made.eval()


@pytest.fixture
def rows() -> ItemRows:
    return ItemRows(
        inputs=_random(ITEMS, 6, seed=1),
        linear=_random(ITEMS, 4, seed=2),
        quality=_random(ITEMS, seed=3),
        residual_sum=_random(ITEMS, seed=4),
        count=torch.arange(ITEMS, dtype=torch.float64),
    )


def _users(count: int) -> EncodedTable:
    return SPACE.encode([{"age": 20 + 20 * (user % 3)} for user in range(count)])


def _support(
    network: BayesianNetwork, items: Representation, sizes: tuple[int, ...], width: int
) -> SupportSet:
    episodes = len(sizes)
    row = torch.from_numpy(np.random.default_rng(5).integers(0, ITEMS, (episodes, width)))
    rating = 3 + _random(episodes, width, seed=6)
    mask = torch.zeros(episodes, width, dtype=torch.float64)
    for episode, size in enumerate(sizes):
        mask[episode, :size] = 1
    nothing = torch.zeros_like(rating)
    base = network.base(items, row, nothing, nothing)
    return SupportSet(row, rating, mask, (rating - base) * mask)


def test_theposterior_mean_equals_gaussian_process_regression():
    # The dual form: m + Φᵀ (Φ Φᵀ + P⁻¹)⁻¹ (r − Φ m).
    phi, residual = _random(7, 4, seed=0), _random(7, seed=1)
    precision, prior = _random(7, seed=2).abs() + 0.1, _random(4, seed=3)
    kernel = phi @ phi.T + torch.diag(1 / precision)
    expected = prior + phi.T @ torch.linalg.solve(kernel, residual - phi @ prior)
    found = posterior_mean(phi[None], residual[None], precision[None], prior[None])[0]
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-11)


def test_one_rating_of_one_feature_equals_the_posterior_worked_by_hand():
    # φ = 2, r = 3, precision 4, prior mean 1: w = 1 + (1 + 2·4·2)⁻¹ · 2·4·(3 − 2·1) = 1 + 8/17.
    one = torch.ones(1, 1, dtype=torch.float64)
    found = posterior_mean(2 * one[None], 3 * one, 4 * one, one)
    assert found.item() == pytest.approx(1 + 8 / 17)


def test_the_gradient_steps_equal_autograd():
    phi, residual = _random(1, 5, 6, seed=0), _random(1, 5, seed=1)
    rates, damping = _random(3, 4, seed=2).abs(), torch.tensor(2.5).double()
    weights = [
        _random(1, 6, seed=3),
        _random(1, 6, 4, seed=4),
        _random(1, 4, seed=5),
        _random(1, 4, seed=6),
    ]
    found = gradient_steps(
        DecisionWeights(*weights),
        phi,
        residual,
        torch.ones_like(residual),
        rates=rates,
        support_damping=damping,
    )
    for rate in rates:
        weights = [tensor.detach().requires_grad_() for tensor in weights]
        error = DecisionWeights(*weights).predict(phi) - residual
        loss = ((1 + error**2).sqrt() - 1).sum() / (5 + damping)
        gradients = torch.autograd.grad(loss, weights)
        # The rates stand in the order W, b, v, w; the weights in the order w, W, b, v.
        steps = (rate[3], rate[0], rate[1], rate[2])
        weights = [
            tensor - step * gradient
            for tensor, step, gradient in zip(weights, steps, gradients, strict=True)
        ]
    expected = DecisionWeights(*weights)
    for name in ("linear", "hidden_weight", "hidden_bias", "output"):
        torch.testing.assert_close(getattr(found, name), getattr(expected, name))


def test_a_batch_with_padding_equals_one_user_at_a_time(network: BayesianNetwork, rows: ItemRows):
    sizes = (4, 0, 9, 1)
    with torch.no_grad():
        items = network.represent(rows)
        support = _support(network, items, sizes, 9)
        users = _users(len(sizes))
        together = local_update(network, items, users, support)
        every = items.phi.unsqueeze(0)
        for episode, size in enumerate(sizes):
            one = slice(episode, episode + 1)
            alone = local_update(
                network,
                items,
                {name: column.rows(np.array([episode])) for name, column in users.items()},
                SupportSet(
                    support.row[one, :size],
                    support.rating[one, :size],
                    support.mask[one, :size],
                    support.residual[one, :size],
                ),
            )
            torch.testing.assert_close(
                together.predict(every.expand(len(sizes), -1, -1))[episode],
                alone.predict(every)[0],
            )


def test_meta_gradient_equals_finite_differences(network: BayesianNetwork, rows: ItemRows):
    target = 3 + _random(3, 4, seed=11)
    query = torch.from_numpy(np.random.default_rng(7).integers(0, ITEMS, (3, 4)))

    def loss() -> torch.Tensor:
        items = network.represent(rows)
        support = _support(network, items, (5, 2, 0), 5)
        decision = local_update(network, items, _users(3), support)
        nothing = torch.zeros_like(target)
        base = network.base(items, query, nothing, nothing)
        return ((base + decision.predict(items.phi[query]) - target) ** 2).mean()

    parameters = dict(network.named_parameters())
    gradients = torch.autograd.grad(loss(), list(parameters.values()), allow_unused=True)
    random, step, checked = np.random.default_rng(3), 1e-6, 0
    for (name, parameter), gradient in zip(parameters.items(), gradients, strict=True):
        assert gradient is not None, f"{name} is not learnt"
        flat = parameter.data.view(-1)
        for place in random.choice(flat.numel(), min(3, flat.numel()), replace=False):
            original = flat[place].item()
            with torch.no_grad():
                flat[place] = original + step
                above = loss()
                flat[place] = original - step
                below = loss()
                flat[place] = original
            expected = (above - below).item() / (2 * step)
            found = gradient.reshape(-1)[place].item()
            assert found == pytest.approx(expected, rel=1e-4, abs=1e-8), name
            checked += 1
    assert checked > 30


def test_adapting_leaves_theta_bit_equal(network: BayesianNetwork, rows: ItemRows):
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with torch.no_grad():
        items = network.represent(rows)
        local_update(network, items, _users(2), _support(network, items, (3, 5), 5))
    assert before
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_a_rating_in_the_statistics_is_left_out_of_its_own_base(
    network: BayesianNetwork, rows: ItemRows
):
    with torch.no_grad():
        items = network.represent(rows)
        row = torch.tensor([[7]])
        residual = torch.tensor([[1.25]]).double()
        found = network.base(items, row, residual, torch.ones(1, 1).double())
        damping = network.damping_log.exp()
        expected = network.mean + (rows.residual_sum[7] - 1.25 + damping * items.expected[7]) / (
            7 - 1 + damping
        )
    assert found.item() == pytest.approx(expected.item())


def test_gradient_norms_equal_autograd(network: BayesianNetwork, rows: ItemRows):
    with torch.no_grad():
        items = network.represent(rows)
        found = network.gradient_norms(items)
    weights = [
        _random(1, network.width, seed=1),
        network.hidden_weight.detach()[None],
        network.hidden_bias.detach()[None],
        network.output.detach()[None],
    ]
    for tensor in weights:
        tensor.requires_grad_()
    decision = DecisionWeights(*weights)
    assert found.shape == (ITEMS,)
    for item in range(ITEMS):
        predicted = decision.predict(items.phi[item].reshape(1, 1, -1))
        parts = torch.autograd.grad(predicted.sum(), weights)
        expected = torch.cat([part.flatten() for part in parts]).norm()
        assert found[item].item() == pytest.approx(expected.item())
