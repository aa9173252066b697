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

folder, seed, out = sys.argv[1:]
estimator, _ = fit_estimator(load_dataset(Path(folder)), QUICK_PRESETS["default"], seed=int(seed))
many = [(item, 1.0 + item % 5) for item in range(20)]
support_sets = ([], [(0, 5.0)], [(0, 5.0), (31, 1.0), (7, 4.0)], many)
np.save(out, np.stack([estimator.score(estimator.adapt({}, one)) for one in support_sets]))
"""


# The paper's preset takes nothing from OpenBLAS: it is torch's throughout.
def test_kernels_differ_by_less_than_seeds(two_tastes_folder: Path, tmp_path: Path):
    def scores(run: tuple[str, int]) -> np.ndarray:
        kernel, seed = run
        out = tmp_path / f"{kernel}-{seed}.npy"
        subprocess.run(
            [sys.executable, "-c", TRAIN, str(two_tastes_folder), str(seed), str(out)],
            env=os.environ | {"OPENBLAS_CORETYPE": kernel},
            check=True,
            timeout=300,
        )
        found: np.ndarray = np.load(out)
        return found

    runs = [(KERNELS[0], 1), (KERNELS[1], 1), (KERNELS[0], 2)]
    with ThreadPoolExecutor(2) as pool:
        first, other_kernel, other_seed = pool.map(scores, runs)

    noise = np.abs(other_seed - first).mean()
    assert noise > 0
    assert np.abs(other_kernel - first).mean() <= noise
