"""Every promise about an estimator holds for every preset.

All fixtures that come of the preset stand here again: a session keeps what it made of the
service's preset.
"""

from pathlib import Path

import pytest

from model.bundle.bundle import save_bundle
from model.bundle.reports import TrainingReport
from model.data import Dataset
from model.estimator import Estimator
from model.presets import Preset, fit_estimator
from model.recommender import Recommender
from tests.conftest import QUICK_PRESETS


@pytest.fixture(scope="session", params=list(QUICK_PRESETS))
def preset(request: pytest.FixtureRequest) -> Preset:
    return QUICK_PRESETS[request.param]


@pytest.fixture(scope="session")
def fitted(two_tastes: Dataset, preset: Preset) -> tuple[Estimator, TrainingReport]:
    return fit_estimator(two_tastes, preset, seed=1)


@pytest.fixture(scope="session")
def estimator(fitted: tuple[Estimator, TrainingReport]) -> Estimator:
    return fitted[0]


@pytest.fixture(scope="session")
def bundle(
    fitted: tuple[Estimator, TrainingReport],
    preset: Preset,
    two_tastes: Dataset,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    folder = tmp_path_factory.mktemp("bundle") / "model"
    save_bundle(*fitted, preset, two_tastes, folder)
    return folder


@pytest.fixture(scope="session")
def recommender(bundle: Path) -> Recommender:
    return Recommender.load(bundle)
