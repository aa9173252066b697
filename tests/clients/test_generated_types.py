"""The clients' types are those of the API."""

from pathlib import Path

import pytest

from clients import generate_types
from tests.clients.node import ROOT, node
from tests.contract.test_a_generated_client import TOOLS
from tests.running import require

REMEDY = "run .venv/bin/python clients/generate_types.py"


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("description") / "openapi.json"
    generate_types.write_description(path)
    return path


def test_typescript_knows_what_the_api_says(description: Path, tmp_path: Path):
    node()

    generate_types.write_javascript_types(description, tmp_path / "types.d.ts")

    kept = (ROOT / generate_types.JAVASCRIPT_TYPES).read_text()
    assert (tmp_path / "types.d.ts").read_text() == kept, REMEDY


def test_python_knows_what_the_api_says(description: Path, tmp_path: Path):
    require("client-generator", (TOOLS / "datamodel-codegen").exists())

    generate_types.write_python_types(description, tmp_path / "types.py")

    kept = (ROOT / generate_types.PYTHON_TYPES).read_text()
    assert (tmp_path / "types.py").read_text() == kept, REMEDY
