"""The snippets of docs/api.md run against a service as they stand."""

import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.main import create_app
from app.settings import Settings
from tests.running import Service, require

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "api.md").read_text()
SNIPPETS = re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def described(bundle: Path) -> dict[str, set[str]]:
    """`METHOD path` → names of its query parameters."""
    document = create_app(Settings(model=bundle, store_url="unix:///nowhere")).openapi()
    return {
        f"{method.upper()} {path}": {
            one["name"] for one in call.get("parameters", []) if one["in"] == "query"
        }
        for path, calls in document["paths"].items()
        for method, call in calls.items()
    }


def calls(snippet: str) -> list[tuple[str, str, set[str]]]:
    """Method, path and parameters of every curl of a snippet."""
    found = []
    for call in re.findall(r"curl .*?\$MELU[^\"]*\"", snippet.replace("\\\n", " ")):
        method = re.search(r"-X (\w+)", call)
        url = urlsplit(re.findall(r"\$MELU([^\"]*)", call)[0])
        names = {name for name, _ in parse_qsl(url.query, keep_blank_values=True)}
        found.append((method[1] if method else "GET", url.path, names))
    return found


def template(method: str, path: str, known: set[str]) -> str:
    """The described call that a path belongs to."""
    exact = f"{method} {path}"
    if exact in known:
        return exact
    for call in known:
        verb, _, pattern = call.partition(" ")
        if verb == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path):
            return call
    return exact


PROMISED = re.findall(r"`(GET|PUT|POST|DELETE) (/[^`?]*)(?:\?([^`]*))?`", TEXT)


@pytest.mark.parametrize(("method", "path", "query"), PROMISED)
def test_every_named_call_and_parameter_exists(
    described: dict[str, set[str]], method: str, path: str, query: str
):
    if path.endswith("…"):  # stands for all paths that begin so
        assert any(call.startswith(f"{method} {path[:-1]}") for call in described)
        return
    call = template(method, path, set(described))
    assert call in described or path in ("/docs", "/openapi.json")
    for name, _ in parse_qsl(query, keep_blank_values=True):
        assert name in described[call]


def test_the_parameters_of_a_ranking_are_those_described(described: dict[str, set[str]]):
    call = "GET /users/{user_id}/recommendations"
    section = TEXT.partition("## Recommendations")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))

    assert named == described[call]


def test_every_metric_is_described():
    from prometheus_client import metrics as kinds

    from app import metrics

    names = [
        metric.describe()[0].name
        for metric in vars(metrics).values()
        if isinstance(metric, kinds.MetricWrapperBase)
    ]
    assert names
    assert [name for name in names if f"`{name}" not in TEXT] == []


@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_a_snippet_runs(service: Service, number: int):
    require("curl", shutil.which("curl"))
    snippet = SNIPPETS[number]
    assert calls(snippet)
    # The test's world has other items than the page's; 422 for an unknown one would be right.
    script = snippet.replace('"50"', '"5"').replace("curl -s ", "curl -sS --fail-with-body ")

    run = subprocess.run(
        ["sh", "-euc", script],
        env={"MELU": service.url, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    if "If-None-Match" in snippet:
        assert run.stdout.strip() == "304"
