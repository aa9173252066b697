"""Train a quick preset on data with a kind of feature that the project does not have."""

import sys
from pathlib import Path

from model.data import load_dataset
from tests import flag_kind  # noqa: F401 - makes the kind known
from tests.conftest import QUICK_PRESETS
from tests.training import train_bundle


def main() -> None:
    """Train on the folder that the first argument names; write the bundle to the second."""
    data, out = map(Path, sys.argv[1:])
    train_bundle(load_dataset(data), QUICK_PRESETS["default"], out)
