"""Fetching: what the sources hold becomes one prepared form. No network is used here."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from model.data import load_dataset
from scripts import fetch
from scripts.movielens.downloads import RECBOLE_SHA256, verify
from scripts.movielens.tables import RECBOLE_FOLDER


@pytest.fixture
def dat_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "ratings.dat").write_text("1::10::5::978300760\n1::20::3::978300761\n2::10::4::5\n")
    (folder / "users.dat").write_text("1::F::1::10::48067\n2::M::56::16::70072\n")
    (folder / "movies.dat").write_bytes(
        "10::City of Lost Children, The (Cité des enfants perdus, La) (1995)::Drama|Sci-Fi\n"
        "20::Seven (Se7en) (1995)::Crime\n".encode("latin-1")
    )
    return folder


def test_latin_1_files_with_double_colons(dat_folder: Path, tmp_path: Path):
    fetch.fetch_ml_1m(tmp_path / "out", dat_folder)
    dataset = load_dataset(tmp_path / "out")
    assert dataset.titles[0] == "City of Lost Children, The (Cité des enfants perdus, La) (1995)"
    assert dataset.titles[1] == "Seven (Se7en) (1995)"
    assert dataset.item_features.get_column("genre").to_list() == [["Drama", "Sci-Fi"], ["Crime"]]
    assert len(dataset.ratings) == 3


def test_the_papers_features_are_taken_where_they_are(dat_folder: Path, tmp_path: Path):
    (dat_folder / "movies_extrainfos.dat").write_text(
        "10::The City::1995::R::r::Drama, Fantasy::Marc Caro, Jean-Pierre Jeunet::w::"
        "Ron Perlman::A plot.::poster\n"
        "20::Seven::1995::N/A::r::Crime::David Fincher::w::"
        "Brad Pitt, Morgan Freeman::Another.::poster\n"
    )
    fetch.fetch_ml_1m(tmp_path / "out", dat_folder)
    features = load_dataset(tmp_path / "out").item_features
    assert features.get_column("director").to_list() == [
        ["Marc Caro", "Jean-Pierre Jeunet"],
        ["David Fincher"],
    ]
    assert features.get_column("actors").to_list()[1] == ["Brad Pitt", "Morgan Freeman"]


def test_a_second_run_does_nothing(dat_folder: Path, tmp_path: Path):
    out = tmp_path / "out"
    fetch.fetch_ml_1m(out, dat_folder)
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    for path in dat_folder.iterdir():
        path.unlink()  # it must not even look
    fetch.fetch_ml_1m(out, dat_folder)
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before


def test_what_stands_at_the_target_is_not_overwritten(dat_folder: Path, tmp_path: Path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    with pytest.raises(fetch.FetchError, match="choose another --out"):
        fetch.fetch_ml_1m(out, dat_folder)
    assert [path.name for path in out.iterdir()] == ["notes.txt"]


def test_a_truncated_line_is_named(dat_folder: Path, tmp_path: Path):
    (dat_folder / "ratings.dat").write_text("1::10::5::1\n\n1::20\n")
    with pytest.raises(fetch.FetchError, match=r"ratings\.dat, line 3"):
        fetch.fetch_ml_1m(tmp_path / "out", dat_folder)


def test_a_missing_file_says_what_a_source_is(dat_folder: Path, tmp_path: Path):
    (dat_folder / "users.dat").unlink()
    with pytest.raises(fetch.FetchError, match=r"users\.dat does not exist; --from names"):
        fetch.fetch_ml_1m(tmp_path / "out", dat_folder)


def _wheel(path: Path) -> Path:
    tables = {
        "inter": "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
        "1\t12\t5\t9\n2\t12\t1\t9\n",
        "user": "user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token\n"
        "1\t24\tM\twriter\t85711\n2\t53\tF\tother\t94043\n",
        "item": "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
        "12\tUsual Suspects, The\t1995\tCrime Thriller\n13\tunknown\tunkonwn\tunknown\n",
    }
    with zipfile.ZipFile(path, "w") as wheel:
        for kind, text in tables.items():
            wheel.writestr(f"{RECBOLE_FOLDER}/ml-100k.{kind}", text)
    return path


def test_the_wheel_is_read_and_never_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    wheel = _wheel(tmp_path / "recbole.whl")
    monkeypatch.setattr(fetch, "download_wheel", lambda _folder: wheel)
    fetch.fetch_ml_100k(tmp_path / "out")
    dataset = load_dataset(tmp_path / "out")
    assert dataset.titles == ["The Usual Suspects (1995)", "unknown"]
    assert dataset.item_features.is_empty() or "year" not in dataset.item_features.columns
    assert dataset.user_features.get_column("age").to_list() == [24.0, 53.0]


def test_a_wheel_with_another_checksum_is_refused(tmp_path: Path):
    wheel = _wheel(tmp_path / "recbole.whl")
    with pytest.raises(fetch.FetchError, match="not " + RECBOLE_SHA256):
        verify(wheel, "sha256", RECBOLE_SHA256)
    verify(wheel, "sha256", hashlib.sha256(wheel.read_bytes()).hexdigest())
