"""What is packed for npm and PyPI: whole, of this version, and enough to go through a sign-up."""

import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.clients.node import PACKAGE, ROOT, TOOLS, node, run
from tests.running import Service

GUIDE = (ROOT / "docs" / "clients.md").read_text()
COOKBOOK = (ROOT / "docs" / "api.md").read_text()
MOST_LINES = 20


def snippet(language: str, page: str = GUIDE) -> str:
    """The first program in a language that a page shows."""
    found = re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert found
    # The test's world has other items than the page's.
    program: str = found[0].replace('"50"', '"5"')
    return program


@pytest.fixture(scope="module")
def npm_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the packed package is installed."""
    node()
    folder = tmp_path_factory.mktemp("npm")
    run("npm", "pack", "--pack-destination", folder, folder=PACKAGE)
    (packed,) = folder.glob("*.tgz")
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    (folder / "node_modules").mkdir()
    (folder / "package").rename(folder / "node_modules" / "melu-client")
    return folder


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel is unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    run(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"),
        *("--wheel-dir", folder, ROOT / "clients" / "python"),
    )
    (built,) = folder.glob("melu_client-*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def test_the_npm_package_has_all_that_it_exports(npm_package: Path):
    folder = npm_package / "node_modules" / "melu-client"
    description = json.loads((folder / "package.json").read_text())
    named = [path for entry in description["exports"].values() for path in entry.values()]

    assert len(named) == 6
    assert [path for path in named if not (folder / path).is_file()] == []
    assert description["version"] == version("melu-online")
    # What the service serves and what npm has are the same.
    module = (ROOT / "app" / "static" / "melu.js").read_text()
    assert (folder / "melu.js").read_text() == module
    # Nothing of it stays where it was packed.
    assert not (PACKAGE / "melu.js").exists()


def test_typescript_finds_the_types_of_every_entry(npm_package: Path):
    source = npm_package / "uses.ts"
    source.write_text(
        """
        import { Melu, version } from "melu-client";
        import { MeluOnboarding } from "melu-client/elements";
        import { useOnboarding, useRecommendations } from "melu-client/react";

        const element: MeluOnboarding = document.createElement("melu-onboarding");
        element.melu = new Melu({ baseUrl: version, userId: "ada" });
        element.words = { next: "Weiter" };
        document.addEventListener("x", () => element.refresh());
        element.addEventListener("melu-answer", ({ detail }) => console.log(detail.events.length));
        export const gain: number | null = useOnboarding({ mode: "grid" }).items[0].gain;
        export const titles: string[] = useRecommendations().items.map((item) => item.title);
        // @ts-expect-error - there is no such mode
        useOnboarding({ mode: "quiz" });
        // @ts-expect-error - words are texts
        element.words = { next: 1 };
        """
    )
    types = PACKAGE / "node_modules" / "@types"
    (npm_package / "node_modules" / "@types").symlink_to(types)

    said = run(
        TOOLS / "tsc",
        *("--strict", "--noEmit", "--target", "es2022", "--module", "nodenext"),
        *("--lib", "es2022,dom,dom.iterable,dom.asynciterable", "--types", "react"),
        source,
        folder=npm_package,
    )

    assert said == ""


def test_a_sign_up_in_javascript(npm_package: Path, service: Service):
    program = snippet("js")
    assert program.count("\n") < MOST_LINES
    (npm_package / "sign-up.mjs").write_text(program)

    said = run(node(), "sign-up.mjs", folder=npm_package, MELU=service.url)

    assert_a_list(said)


def test_a_sign_up_in_python(wheel: Path, service: Service, tmp_path: Path):
    program = snippet("python")
    assert program.count("\n") < MOST_LINES
    (tmp_path / "sign_up.py").write_text(program)

    said = run(
        *(sys.executable, "sign_up.py"),
        folder=tmp_path,
        MELU=service.url,
        PYTHONPATH=str(wheel),
    )

    assert_a_list(said)


def test_the_cookbooks_programs(npm_package: Path, wheel: Path, service: Service, tmp_path: Path):
    (npm_package / "cookbook.mjs").write_text(snippet("js", COOKBOOK))
    (tmp_path / "cookbook.py").write_text(snippet("python", COOKBOOK))

    javascript = run(node(), "cookbook.mjs", folder=npm_package, MELU=service.url)
    environment = {"MELU": service.url, "PYTHONPATH": str(wheel)}
    python = run(sys.executable, "cookbook.py", folder=tmp_path, **environment)

    assert sorted(javascript.split()) == ["1", "2", "3"]
    assert python == javascript


def assert_a_list(said: str) -> None:
    assert "adapted" in said
    assert len(re.findall(r"^ *\d+\. \w+", said, re.MULTILINE)) == 10, said


def test_the_wheel_is_of_this_version_and_needs_no_torch(wheel: Path):
    metadata = next(wheel.glob("melu_client-*.dist-info/METADATA")).read_text()
    needed = re.findall(r"^Requires-Dist: ([\w-]+)", metadata, re.MULTILINE)
    code = "import sys, melu_client; print(melu_client.__version__, 'torch' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(wheel)},
        cwd=wheel,
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.split() == [version("melu-online"), "False"]
    assert sorted(needed) == ["anyio", "httpx"]
    assert (wheel / "melu_client" / "py.typed").is_file()


def test_the_wheels_types_are_strict(wheel: Path, tmp_path: Path):
    (tmp_path / "sign_up.py").write_text(snippet("python"))
    (tmp_path / "slips.py").write_text(
        """from melu_client import Melu

with Melu("http://127.0.0.1:8000") as melu:
    print(melu.recommendations("ada", limits=5))
    print(melu.onboarding(mode="quiz"))
    print(melu.send_feedback("ada", {"item_id": "50", "raiting": 5}))
    print(melu.model()["colour"])
"""
    )
    mypy = (sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"))
    checked = [
        subprocess.run(
            [*mypy, name],
            env=os.environ | {"MYPYPATH": str(wheel)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        for name in ("sign_up.py", "slips.py")
    ]

    assert checked[0].returncode == 0, checked[0].stdout
    wrong = re.findall(r"^slips\.py:(\d+): error", checked[1].stdout, re.MULTILINE)
    assert sorted(set(wrong)) == ["4", "5", "6", "7"], checked[1].stdout


def test_every_place_says_the_same_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    lock = json.loads((PACKAGE / "package-lock.json").read_text())
    client = tomllib.loads((ROOT / "clients" / "python" / "pyproject.toml").read_text())

    assert lock["version"] == project
    assert client["project"]["version"] == project


def test_python_has_every_parameter_of_the_api(tmp_path: Path):
    from melu_client import queries

    from clients.generate_types import write_description

    write_description(tmp_path / "openapi.json")
    paths = json.loads((tmp_path / "openapi.json").read_text())["paths"]
    described = {
        "OnboardingQuery": "/onboarding/items",
        "RecommendationQuery": "/users/{user_id}/recommendations",
        "FeedbackQuery": "/users/{user_id}/feedback",
        "ItemQuery": "/items",
        "BulkQuery": "/items",
    }

    for name, path in described.items():
        method = "post" if name == "BulkQuery" else "get"
        parameters = paths[path][method]["parameters"]
        queried = {one["name"] for one in parameters if one["in"] == "query"}
        assert getattr(queries, name).__annotations__.keys() == queried
    assert len(described) == 5
