"""The calls of the how-to pages run as they stand, and the metrics that they name exist."""

import re
import shutil
import subprocess

import pytest

from scripts.guide.__main__ import ROOT
from tests.running import Service, require

pytestmark = pytest.mark.slow

PAGES = ("catalogue.md", "compare.md", "monitor.md")
SNIPPETS = [
    (page, snippet)
    for page in PAGES
    for snippet in re.findall(
        r"^```sh\n(.*?)^```", (ROOT / "docs" / page).read_text(), re.MULTILINE | re.DOTALL
    )
]


def test_there_are_snippets():
    assert len(SNIPPETS) >= 3


@pytest.mark.parametrize(("page", "snippet"), SNIPPETS)
def test_a_snippet_runs(service: Service, page: str, snippet: str):
    require("curl", shutil.which("curl"))
    run = subprocess.run(
        ["sh", "-euc", snippet.replace("curl -s ", "curl -sS --fail-with-body ")],
        env={"MELU": service.url, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr


def test_the_metrics_to_watch_exist():
    named = set(re.findall(r"\bmelu_\w+", (ROOT / "docs" / "monitor.md").read_text()))
    known = set(re.findall(r'"(melu_\w+)"', (ROOT / "app" / "metrics.py").read_text()))

    assert len(named) > 8
    for name in named:
        plain = name.removesuffix("_total").removesuffix("_bucket")
        assert {name, plain, name.removesuffix("_bucket")} & known, name
