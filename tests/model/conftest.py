"""Every promise about an estimator holds for every preset."""

import pytest

from model.presets import Preset
from tests.conftest import QUICK_PRESETS


@pytest.fixture(scope="session", params=list(QUICK_PRESETS))
def preset(request: pytest.FixtureRequest) -> Preset:
    return QUICK_PRESETS[request.param]
