"""Evidence candidates: items that discriminate and that many users know."""

import numpy as np
import pytest
import torch

from model.data import Dataset
from model.evidence import SMALLEST_ERROR
from model.melu.decision_layers import predict
from model.melu.estimator import MeluEstimator
from model.melu.weights import embed
from model.presets import fit_estimator
from model.recommender import Recommender
from tests.conftest import QUICK_PRESETS


def test_gradient_norms_equal_a_loop_with_autograd(two_tastes: Dataset):
    estimator, _ = fit_estimator(two_tastes, QUICK_PRESETS["melu"], seed=1)
    assert isinstance(estimator, MeluEstimator)
    found = estimator.mean_gradient_norms(two_tastes, two_tastes.ratings)
    users = estimator.user_space.encode_table(two_tastes.user_features)
    items = estimator.item_space.encode_table(two_tastes.item_features)
    user = embed(estimator.theta.user_embeddings, users, len(two_tastes.user_ids)).detach()
    item = embed(estimator.theta.item_embeddings, items, len(two_tastes.item_ids)).detach()
    decision = estimator.theta.decision.detached()
    tensors = [t.requires_grad_() for t in (*decision.weights, *decision.biases)]
    norms = np.zeros(len(two_tastes.item_ids))
    raters = np.zeros(len(two_tastes.item_ids))
    ratings = two_tastes.ratings
    chosen = np.flatnonzero(np.isin(ratings.item_index, [0, 3, 45]))
    for row in chosen:
        u, i = ratings.user_index[row], ratings.item_index[row]
        error = predict(decision, torch.cat([user[u], item[i]])[None])[0] - (
            estimator.units.standardise(torch.tensor(ratings.rating[row]))
        )
        loss = error**2
        if abs(error.item()) > SMALLEST_ERROR:
            loss = loss / loss.detach()
        else:
            # |e| counts as the baseline: 2 e ∇ŷ / e² becomes 2 ∇ŷ / baseline.
            loss = 2 * error / SMALLEST_ERROR
        gradient = torch.autograd.grad(loss, tensors)
        norms[i] += torch.cat([g.flatten() for g in gradient]).norm().item()
        raters[i] += 1
    expected = norms[[0, 3, 45]] / raters[[0, 3, 45]]
    np.testing.assert_allclose(found[[0, 3, 45]], expected, rtol=1e-3)


def test_parts_are_normalised_and_multiplied(recommender: Recommender, two_tastes: Dataset):
    evidence = recommender.catalogue.evidence
    assert evidence.discrimination.max() == pytest.approx(1.0)
    counts = np.bincount(two_tastes.ratings.item_index, minlength=60)
    np.testing.assert_allclose(evidence.popularity, counts / counts.max(), rtol=1e-6)
    np.testing.assert_allclose(evidence.score, evidence.discrimination * evidence.popularity)


def test_personal_evidence_depends_on_what_the_user_answered(recommender: Recommender):
    nothing = recommender.evidence(recommender.adapt({}, []))
    answered = recommender.evidence(recommender.adapt({}, [(0, 5.0), (31, 1.0)]))
    assert not np.allclose(nothing.score, answered.score)
    assert answered.discrimination.max() == pytest.approx(1.0)
