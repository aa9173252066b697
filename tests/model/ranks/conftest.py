"""What is trained on in several processes."""

from pathlib import Path

import pytest

from scripts.benchmark.planted import Size, write_planted
from tests.worlds import write_clicks

SIZE = Size(6_000, 240, 120)


@pytest.fixture(scope="package")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_planted(tmp_path_factory.mktemp("planted") / "data", SIZE)


@pytest.fixture(scope="package")
def data(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What each of `EXACT` is trained on."""
    clicks = write_clicks(tmp_path_factory.mktemp("clicks") / "data")
    return {"default": planted, "melu": planted, "clicks": clicks}
