"""Documentation that can drift is held to the code."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.settings import ENVIRONMENT_PREFIX, Settings
from scripts.cli import app as cli

ROOT = Path(__file__).parents[2]


def test_every_setting_is_documented_with_its_default_and_nothing_else_is():
    table = (ROOT / "docs" / "settings.md").read_text()
    rows = dict(re.findall(r"^\| `(MELU_\w+)` \| (.+?) \|", table, re.MULTILINE))
    settings = {
        f"{ENVIRONMENT_PREFIX}{name.upper()}": f for name, f in Settings.model_fields.items()
    }
    assert rows.keys() == settings.keys()
    for name, field in settings.items():
        if field.default_factory is None and field.default not in (None, ()):
            shown = str(field.default).lower() if isinstance(field.default, bool) else field.default
            assert rows[name] == f"`{shown}`", name


def test_settings_can_be_given_by_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MELU_CORS_ORIGINS", "https://a.example, https://b.example")
    monkeypatch.setenv("MELU_USER_EXPIRY_DAYS", "")
    settings = Settings()
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    assert settings.user_expiry_days is None


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("a.b", False)],
)
def test_which_addresses_only_this_machine_can_reach(host: str, expected: bool):
    assert Settings(host=host).listens_on_loopback is expected


@pytest.mark.parametrize(
    "command", ["fetch", "describe", "train", "evaluate", "serve", "opposite-users"]
)
def test_every_command_has_help(command: str):
    answer = CliRunner().invoke(cli, [command, "--help"])
    assert answer.exit_code == 0
    assert "Usage" in answer.output


def test_every_dependency_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(one for extra in extras for one in extra)]
    pinned = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    assert len(wanted) > 20
    for requirement in wanted:
        name = re.split(r"[><=;\[ ]", requirement)[0].lower().replace("_", "-")
        assert name in pinned, name


@pytest.mark.parametrize(
    "files",
    [("docker-compose.yml",), ("docker-compose.yml", "docker-compose.replicas.yml")],
    ids=["one", "replicas"],
)
def test_compose_files_are_valid(files: tuple[str, ...]):
    compose = _compose_command()
    if compose is None:
        pytest.skip("no docker compose on this machine")
    checked = subprocess.run(
        [
            *compose,
            *(part for file in files for part in ("--file", file)),
            *("--profile", "train", "--profile", "observe", "config", "--quiet"),
        ],
        cwd=ROOT,
        env=os.environ
        | {"MELU_API_KEYS": "a-key-of-some-length", "MELU_METRICS_KEY": "a-key-of-some-length"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def _compose_command() -> list[str] | None:
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) is not None:
            version = subprocess.run([*command, "version"], capture_output=True, check=False)
            if version.returncode == 0:
                return command
    return None


def test_what_the_image_copies_exists():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    sources = [one for line in lines if line.startswith("COPY ") for one in line.split()[1:-1]]

    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_the_image_imports_the_application_last():
    steps = [
        line
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    assert steps[-1] == 'RUN python -c "import app.main"'
    assert any(step.startswith("USER melu") for step in steps)
    assert any(step.startswith("HEALTHCHECK") for step in steps)


def test_the_container_asks_for_a_key_and_can_change_nothing_of_itself():
    service = (ROOT / "docker-compose.yml").read_text().partition("\n  service:\n")[2]

    for line in (
        "MELU_API_KEYS: ${MELU_API_KEYS:?",
        "read_only: true",
        "cap_drop: [ALL]",
        'security_opt: ["no-new-privileges:true"]',
    ):
        assert line in service
    assert "INSECURE" not in service


def test_each_threat_names_tests_that_exist():
    rows = re.findall(r"^\| [a-z].*\|$", (ROOT / "SECURITY.md").read_text(), re.MULTILINE)[1:]

    assert len(rows) > 10
    for row in rows:
        named = re.findall(r"`(tests/[^`]+)`", row.split("|")[-2])
        assert named, row
        for path in named:
            assert (ROOT / path).is_file(), path


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_what_developers_are_pointed_at_exists(page: str):
    text = (ROOT / page).read_text()
    named = re.findall(r"`((?:app|clients|model|scripts|tests|docs)/[\w./-]*)(?::(\w+))?`", text)

    assert len(named) > 20
    missing = [
        f"{path}:{name}"
        for path, name in named
        if not (ROOT / path).exists()
        or (
            name
            and not re.search(
                rf"^\s*(?:async )?(?:def|class) {name}\b", (ROOT / path).read_text(), re.MULTILINE
            )
        )
    ]
    assert missing == []


def test_the_hooks_run_what_make_check_runs():
    recipe = (ROOT / "Makefile").read_text().partition("\ncheck:")[2].partition("\n\n")[0]
    checks = re.findall(r"^\t\$\(BIN\)/(.+)$", recipe, re.MULTILINE)
    hooks = re.findall(
        r"entry: \.venv/bin/(.+?), pass_filenames", (ROOT / ".pre-commit-config.yaml").read_text()
    )

    assert checks
    assert hooks == checks


def test_the_index_of_the_documentation_names_every_page():
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    index = (ROOT / "docs" / "README.md").read_text()

    assert pages
    assert pages == set(re.findall(r"\]\(([\w-]+\.md)\)", index))


def test_no_link_of_the_readme_leads_nowhere():
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", (ROOT / "README.md").read_text())
    own = [link for link in links if not link.startswith("http")]

    assert len(own) > 15
    assert [link for link in own if not (ROOT / link).exists()] == []
