"""What is trained does not hang on the kernels that the machine's linear algebra takes."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

# OpenBLAS takes this one on any x86 machine if told to; others ignore the name.
KERNELS = ("Haswell", "Prescott")

TRAIN = """
import sys
import numpy as np
from pathlib import Path
from model.data import load_dataset
from model.presets import fit_estimator
from tests.conftest import QUICK_PRESETS

folder, out, *seeds = sys.argv[1:]
dataset = load_dataset(Path(folder))
many = [(item, 1.0 + item % 5) for item in range(20)]
support_sets = ([], [(0, 5.0)], [(0, 5.0), (31, 1.0), (7, 4.0)], many)
scores = []
for seed in seeds:
    estimator, _ = fit_estimator(dataset, QUICK_PRESETS["default"], seed=int(seed))
    unknown = estimator.user_space.slots({})
    scores.append([estimator.items.score(estimator.adapt(unknown, one)) for one in support_sets])
np.save(out, np.array(scores))
"""


# The paper's preset takes nothing from OpenBLAS: it is torch's throughout.
def test_kernels_differ_by_less_than_seeds(two_tastes_folder: Path, tmp_path: Path):
    def scores(run: tuple[str, list[str]]) -> np.ndarray:
        kernel, seeds = run
        out = tmp_path / f"{kernel}.npy"
        subprocess.run(
            [sys.executable, "-c", TRAIN, str(two_tastes_folder), str(out), *seeds],
            env=os.environ | {"OPENBLAS_CORETYPE": kernel},
            check=True,
            timeout=300,
        )
        found: np.ndarray = np.load(out)
        return found

    runs = [(KERNELS[0], ["1", "2"]), (KERNELS[1], ["1"])]
    with ThreadPoolExecutor(2) as pool:
        (first, other_seed), (other_kernel,) = pool.map(scores, runs)

    noise = np.abs(other_seed - first).mean()
    assert noise > 0
    assert np.abs(other_kernel - first).mean() <= noise
