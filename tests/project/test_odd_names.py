"""Names and values of data are printed as they are, and a path is a path, wherever one is given."""

from pathlib import Path

import polars as pl
import pytest

from model.data import load_dataset
from tests.conftest import QUICK_PRESETS
from tests.running import run_melu
from tests.training import train_bundle
from tests.worlds import write_two_tastes

pytestmark = pytest.mark.slow

ODD = ("[unknown]", "[/old]", ":fire:", "[bold]", "a[1]*?")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set whose folder, name, attributes and values all look like markup or patterns."""
    folder = tmp_path_factory.mktemp("odd") / "data [2024] {a,b} ~ *"
    folder.mkdir()
    write_two_tastes(folder)
    description = folder / "dataset.toml"
    text = description.read_text().replace('"two-tastes"', '"books [/old] :fire:"')
    text = text.replace('title = "title"', 'title = "title"\n', 1)
    assert "[items.features]" in text
    text = text.replace("[items.features]", '[items.features]\n"mood:[b]" = "category"')
    description.write_text(text)
    items = folder / "items.csv"
    table = pl.read_csv(items.read_bytes(), infer_schema=False)
    odd = [ODD[at % len(ODD)] for at in range(table.height)]
    items.write_text(table.with_columns(pl.Series("mood:[b]", odd)).write_csv())
    return folder


def test_a_description_shows_what_is_there(folder: Path):
    done = run_melu("describe", str(folder), COLUMNS="200")

    assert done.returncode == 0, done.stderr
    assert "books [/old] :fire:" in done.stdout
    assert "item.mood:[b]" in done.stdout
    for value in ODD[:4]:
        assert value in done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_every_encoding_will_do(folder: Path, encoding: str):
    environment = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "TERM": "dumb"}
    # Python reads them when it starts.
    done = run_melu("describe", str(folder), is_fresh=True, **environment)

    assert done.returncode == 0, done.stderr
    assert "[/old]" in done.stdout


def test_it_is_trained_and_its_bundle_read(folder: Path, tmp_path: Path):
    out = tmp_path / "model [1]*"
    # Begun with a bundle whose preset is quick.
    quick = tmp_path / "quick [1]*"
    train_bundle(load_dataset(folder), QUICK_PRESETS["default"], quick)

    trained = run_melu("train", str(folder), "--from", str(quick), "--out", str(out))

    assert trained.returncode == 0, trained.stderr
    assert (out / "bundle.json").is_file()
    fans = run_melu("fans", "mood:[b]:[/old]", "--model", str(out), COLUMNS="200")
    assert fans.returncode == 0, fans.stderr
    assert "[/old]" in fans.stdout
    missing = run_melu("describe", str(folder / "[/none]"))
    assert missing.returncode == 1
    assert "[/none]" in missing.stderr
