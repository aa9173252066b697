"""What a user may not read or write is told in a line before the work, and nothing is changed."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.running import run_melu
from tests.worlds import write_two_tastes

pytestmark = pytest.mark.slow

NOBODY = 65534
# Where the tests are root's, to whom all is permitted, commands run as somebody else.
USER = NOBODY if os.geteuid() == 0 else None


@dataclass
class Home:
    """What the user has: data and a bundle."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def model(self) -> Path:
        return self.folder / "model"

    def found(self) -> dict[str, tuple[int, bytes | None]]:
        """All that there is: permissions and content."""
        if USER is None:
            return {}  # part of it can't be looked at
        return {
            str(path): (path.stat().st_mode, path.read_bytes() if path.is_file() else None)
            for path in sorted(self.folder.rglob("*"))
        }

    def melu(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        # Not that of the checkout, which may be there and somebody else's.
        store = str(self.folder / "store")
        return run_melu(*arguments, user=USER, COLUMNS="300", MELU_STORE_FOLDER=store)

    def refused(self, *arguments: str) -> str:
        """Run what is refused in a line, and changes nothing; return the line."""
        before = self.found()

        done = self.melu(*arguments)

        assert done.returncode == 1, done.stdout + done.stderr
        *_, told = done.stderr.splitlines()
        assert told.startswith("melu: ")
        assert "Traceback" not in done.stderr
        assert self.found() == before
        return told


@pytest.fixture
def home(bundle: Path) -> Iterator[Home]:
    """A folder that others than root reach, as those of pytest are not."""
    folder = Path(tempfile.mkdtemp(prefix="melu-"))
    write_two_tastes(folder / "data")
    shutil.copytree(bundle, folder / "model")
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, *((USER, USER) if USER is not None else (-1, -1)))
        path.chmod(0o755 if path.is_dir() else 0o644)
    yield Home(folder)
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("command", ["init", "check", "describe", "train", "evaluate"])
def test_a_folder_that_is_not_to_be_entered(home: Home, command: str):
    home.data.chmod(0o600)
    arguments = {"train": ("--out", f"{home.folder / 'new'}")}.get(command, ())

    told = home.refused(command, str(home.data), *arguments)

    assert told == (
        f"melu: {home.data / 'dataset.toml'}: Permission denied. Name another, or have it made "
        "yours."
    )


def test_a_table_that_is_not_to_be_read_is_not_guessed_away(home: Home):
    (home.data / "dataset.toml").unlink()
    (home.data / "ratings.csv").chmod(0)

    told = home.refused("init", "--yes", str(home.data))

    assert f"{home.data / 'ratings.csv'} is not yours to read" in told
    assert "Have it made readable, or move it away." in told


def test_a_folder_beside_the_tables_is_nobodys_business(home: Home):
    (home.data / "dataset.toml").unlink()
    (home.data / "private").mkdir(0)

    done = home.melu("init", "--yes", str(home.data))

    assert done.returncode == 0, done.stderr
    assert "private is a folder that is not yours to read, and left out." in done.stdout


def test_a_description_is_not_asked_about_where_none_can_be_written(home: Home):
    (home.data / "dataset.toml").unlink()
    home.data.chmod(0o555)

    told = home.refused("init", str(home.data))

    assert "is not yours to write. Copy the files to a folder of yours." in told


@pytest.mark.parametrize("place", ["model", "locked/model", "locked/deep/model"])
def test_a_bundle_is_not_trained_where_none_can_be_written(home: Home, place: str):
    (home.folder / "locked").mkdir(0o555)
    home.model.chmod(0o555)
    out = home.folder / place

    told = home.refused("train", str(home.data), "--out", str(out))

    locked = home.model if place == "model" else home.folder / "locked"
    assert told == (
        f"melu: {out} can't be written: {locked} is not yours to write. Choose another place, or "
        "have it made yours."
    )


@pytest.mark.parametrize(
    "command",
    [
        ("export-feedback", "--out", "{locked}/export"),
        ("merge-feedback", "{data}", "{data}", "--out", "{locked}/merged"),
        ("promote", "{model}", "--current", "{locked}/served", "--data", "{data}"),
        ("retrain", "{data}", "--model", "{locked}/served", "--work", "{folder}/work"),
        ("retrain", "{data}", "--model", "{model}", "--work", "{locked}/work"),
    ],
)
def test_what_can_not_be_written_is_found_out_first(home: Home, command: tuple[str, ...]):
    locked = home.folder / "locked"
    locked.mkdir(0o555)
    names = {"locked": locked, "data": home.data, "model": home.model, "folder": home.folder}

    told = home.refused(*(part.format(**names) for part in command))

    assert f"{locked}/" in told
    assert "can't be written" in told


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("serve", "--model", "{model}"), "bundle.json"),
        (("serve", "--model", "{model}"), "weights.safetensors"),
        (("serve", "--model", "{model}"), "catalogue.parquet"),
        (("promote", "{model}", "--current", "{folder}/new", "--data", "{data}"), "bundle.json"),
        (("train", "{data}", "--from", "{model}", "--out", "{folder}/new"), "bundle.json"),
    ],
)
def test_a_bundle_that_is_not_to_be_read(home: Home, command: tuple[str, ...], name: str):
    (home.model / name).chmod(0)
    names = {"data": home.data, "model": home.model, "folder": home.folder}

    told = home.refused(*(part.format(**names) for part in command))

    assert str(home.model) in told
