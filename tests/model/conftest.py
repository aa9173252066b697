"""Every promise about an estimator holds for every preset.

All fixtures that come of the preset stand here again: a session keeps what it made of the
service's preset.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from model.bundle.reports import TrainingReport
from model.bundle.saving import save_bundle
from model.data import Dataset
from model.estimator import Estimator
from model.fitting import FittedModel, fit_model
from model.presets import Preset
from model.recommender import Recommender
from tests.conftest import QUICK_PRESETS


@pytest.fixture(scope="session", params=list(QUICK_PRESETS))
def preset(request: pytest.FixtureRequest) -> Preset:
    return QUICK_PRESETS[request.param]


@pytest.fixture(scope="session")
def fitted_model_of(two_tastes: Dataset) -> Callable[[str], FittedModel]:
    """Train a quick preset once, however often the presets take turns; return what it learnt."""

    @cache
    def trained(preset_name: str) -> FittedModel:
        return fit_model(two_tastes, QUICK_PRESETS[preset_name], seed=1)

    return trained


@pytest.fixture(scope="session")
def fitted_model(preset: Preset, fitted_model_of: Callable[[str], FittedModel]) -> FittedModel:
    return fitted_model_of(preset.name)


@pytest.fixture(scope="session")
def fitted(fitted_model: FittedModel) -> tuple[Estimator, TrainingReport]:
    assert fitted_model.estimator is not None
    return fitted_model.estimator, fitted_model.report


@pytest.fixture(scope="session")
def estimator(fitted: tuple[Estimator, TrainingReport]) -> Estimator:
    return fitted[0]


@pytest.fixture(scope="session")
def bundle(
    fitted_model: FittedModel,
    preset: Preset,
    two_tastes: Dataset,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    folder = tmp_path_factory.mktemp("bundle") / "model"
    save_bundle(
        fitted_model.estimator,
        fitted_model.report,
        preset,
        two_tastes,
        folder,
        relevance=fitted_model.relevance,
    )
    return folder


@pytest.fixture(scope="session")
def recommender(bundle: Path) -> Recommender:
    return Recommender.load(bundle)
