"""Imports go one way: scripts → app → model, and inside app down the stairs."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What each part may import of the project; `app` alone is what stands directly in app/.
ALLOWED = {
    "model": {"model"},
    "app.middleware": {
        "app.middleware",
        "app.access",
        "app.logs",
        "app.metrics",
        "app.problems",
        "app.routes",
        "app.schemas",
        "app.settings",
        "app.stages",
        "app.traces",
        "model.catalogue.bounds",
        "model.catalogue.identifiers",
    },
    "app.server": {"app.server", "app.problems"},
    "app.logs": {"app.logs"},
    "app.schemas": {
        "app.numbers",
        "app.schemas",
        "model.catalogue.bounds",
        "model.catalogue.identifiers",
        "model.orders",
    },
    "app.store": {"app.store", "app.actions", "app.metrics", "app.problems", "app.stages"},
    "app.access": {"app.access", "app.callers", "app.store", "app.problems", "model"},
    "app.services": {
        "app.actions",
        "app.scenarios",
        "app.callers",
        "app.services",
        "app.stages",
        "app.store",
        "app.metrics",
        "app.schemas",
        "app.problems",
        "model",
    },
    "app.routes": {
        "app.routes",
        "app.dependencies",
        "app.routes.conditional_requests",
        "app.metrics",
        "app.schemas",
        "app.problems",
        "app.middleware.security_headers",
        "model",
    },
    "scripts": {"scripts", "app", "model"},
    # It is installed without the rest.
    "clients.python.melu_client": set(),
}
DOOR_INTO_TORCH = {"app/services/model_state/executor.py"}


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module)
    return names


def _importing(package: str) -> list[Path]:
    return [
        path
        for path in _files("app")
        if package in {name.split(".")[0] for name in _imported(path)}
    ]


def _files(part: str) -> list[Path]:
    files = sorted((ROOT / part.replace(".", "/")).rglob("*.py"))
    assert files
    return files


@pytest.mark.parametrize("part", ALLOWED)
def test_a_part_imports_only_what_lies_below_it(part: str):
    own = {"app", "model", "scripts", "tests"}
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in _files(part)
        for name in _imported(path)
        if name.split(".")[0] in own
        and not any(name == a or name.startswith(a + ".") for a in ALLOWED[part])
    ]

    assert wrong == []


def test_the_services_reach_torch_by_one_door():
    importing = {str(path.relative_to(ROOT)) for path in _importing("torch")}

    assert importing == DOOR_INTO_TORCH


def test_only_the_store_talks_to_redis():
    folders = {path.relative_to(ROOT).parts[:2] for path in _importing("redis")}

    assert folders == {("app", "store")}


def test_a_command_that_only_looks_at_its_options_waits_for_no_torch():
    modules = "scripts.cli, scripts.serve, scripts.import_items"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_nothing_in_model_or_app_knows_a_data_set():
    knowing = [
        path
        for part in ("model", "app")
        for path in _files(part)
        if re.search("movielens|ml-1", path.read_text().lower().replace("melu fetch ml-100k", ""))
    ]

    assert knowing == []
