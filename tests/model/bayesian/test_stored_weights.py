"""What is read from a bundle and kept."""

from pathlib import Path

import pytest

from model.bayesian import BayesianEstimator
from model.bayesian.training.stored_weights import restore
from model.bundle.bundle import load_bundle


def test_only_the_items_rows_hold_on_to_the_file(bundle: Path):
    # They are let go once the items are represented; a file of a million items is large.
    loaded = load_bundle(bundle)
    estimator = loaded.estimator
    if not isinstance(estimator, BayesianEstimator):
        pytest.skip("another preset")
    read = estimator.tensors()
    user_space, item_space = estimator.user_space, estimator.item_space
    stored = restore(estimator.preset, user_space, item_space, read, loaded.manifest.items)
    of_file = {t.untyped_storage().data_ptr() for t in read.values() if t.numel()}
    shared = {
        name
        for name, tensor in stored.named_tensors(item_space).items()
        if tensor.numel() and tensor.untyped_storage().data_ptr() in of_file
    }
    assert shared
    assert all(name.startswith("items.") for name in shared), shared
