import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import Service, require

pytestmark = pytest.mark.contract

TOOLS = Path(sys.executable).parents[1] / "client-generator" / "bin"
JOURNEY = Path(__file__).with_name("generated_client_journey.py")


def run(*command: object, **environment: str) -> str:
    finished = subprocess.run(
        [str(part) for part in command],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    output = finished.stdout + finished.stderr
    assert finished.returncode == 0, output
    return output


@pytest.fixture(scope="module")
def generated(service: Service, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a client made from the running service's description, and what was said."""
    generator = TOOLS / "openapi-python-client"
    require("client-generator", generator.exists())
    folder = tmp_path_factory.mktemp("generated")
    said = run(
        generator,
        *("generate", "--url", f"{service.url}/openapi.json"),
        *("--meta", "none", "--output-path", folder / "melu_client"),
        PATH=f"{TOOLS}:{os.environ['PATH']}",
    )
    return folder, said


def test_nothing_of_the_description_is_left_out(generated: tuple[Path, str]):
    _, said = generated

    assert "WARNING" not in said.upper(), said


def test_the_client_goes_through_a_sign_up(generated: tuple[Path, str], service: Service):
    folder, _ = generated

    said = run(TOOLS / "python", JOURNEY, service.url, PYTHONPATH=str(folder))

    assert "the journey is over" in said
