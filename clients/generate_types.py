"""Write the clients' types from the API's description; the tests tell when they differ.

Run `.venv/bin/python clients/generate_types.py` after a change of `app/schemas` or `app/routes`.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from app.main import create_app
from app.settings import Settings

ROOT = Path(__file__).parent.parent
JAVASCRIPT_TYPES = Path("app/static/melu-api.d.ts")
PYTHON_TYPES = Path("clients/python/melu_client/api_types.py")
_NODE_TOOL = ROOT / "clients/javascript/node_modules/.bin/openapi-typescript"
_ENVIRONMENT = Path(sys.executable).parents[1]
_PYTHON_TOOL = _ENVIRONMENT / "client-generator/bin/datamodel-codegen"


def write_description(path: Path) -> None:
    """Write the API's description as it is without a model, which only would add examples."""
    app = create_app(Settings(model=path.parent / "none", store_url="unix:///nowhere"))
    path.write_text(json.dumps(app.openapi()), encoding="utf-8")


def write_javascript_types(description: Path, out: Path) -> None:
    """Write declarations for TypeScript by openapi-typescript."""
    # A request need not name what has a default.
    _run(_NODE_TOOL, description, "--default-non-nullable=false", "--output", out)


def write_python_types(description: Path, out: Path) -> None:
    """Write typed dictionaries by datamodel-code-generator."""
    _run(
        _PYTHON_TOOL,
        *("--input", description, "--input-file-type", "openapi", "--output", out),
        *("--output-model-type", "typing.TypedDict", "--target-python-version", "3.11"),
        *("--use-schema-description", "--collapse-root-models", "--no-use-closed-typed-dict"),
        *("--formatters", "builtin", "--disable-timestamp"),
        *("--custom-file-header", '"""What the service takes and answers; generated."""'),
    )
    _run(_ENVIRONMENT / "bin/ruff", "format", "--config", ROOT / "pyproject.toml", out)


def _run(*command: object) -> None:
    done = subprocess.run(  # noqa: S603 - nothing in the command comes from outside
        [str(part) for part in command], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        description = Path(folder) / "openapi.json"
        write_description(description)
        write_javascript_types(description, ROOT / JAVASCRIPT_TYPES)
        write_python_types(description, ROOT / PYTHON_TYPES)
