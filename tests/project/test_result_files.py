"""What a command found out is printed, and written where it can be."""

import json
from pathlib import Path

import pytest

from model.bundle.folders import check_writable
from model.errors import ModelError
from scripts.benchmark.report import Report, publish
from scripts.files import check_files, write_json

PROCESSES = Path("/proc")
REPORT = Report("ranking", {"slowest": float("nan")}, [], [], bars={"one": 1.0})


def test_places_that_can_not_be_written_to_are_told_before_the_work(tmp_path: Path):
    check_files(None, tmp_path / "new.json", tmp_path / "[*] é")
    for path, problem in {
        tmp_path / "none" / "new.json": "does not exist",
        tmp_path: "is a folder; name a file in it",
        tmp_path / ("x" * 300): "can't be written: File name too long",
    }.items():
        with pytest.raises(ModelError, match=problem):
            check_files(path)


@pytest.mark.skipif(not PROCESSES.is_dir(), reason="no folder that takes none even of root")
def test_a_folder_that_nobody_can_make_is_told_before_the_work():
    with pytest.raises(ModelError, match=r"^/proc/model can't be written: /proc (takes no|is not)"):
        check_writable(PROCESSES / "model")


def test_a_name_that_has_no_room_for_what_is_written_beside_it_is_told(tmp_path: Path):
    with pytest.raises(ModelError, match="File name too long"):
        check_writable(tmp_path / ("x" * 250))

    check_writable(tmp_path / ("x" * 200))
    assert list(tmp_path.iterdir()) == []


def test_numbers_that_could_not_be_measured_are_null(tmp_path: Path):
    path = tmp_path / "found.json"
    write_json(path, {"mean": 1.5, "error": float("nan"), "ends": (float("inf"), 2)})

    text = path.read_text()

    assert "NaN" not in text
    assert json.loads(text) == {"mean": 1.5, "error": None, "ends": [None, 2]}


def test_results_are_printed_where_they_can_not_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(ModelError, match="can't be written"):
        publish(REPORT, json_file=tmp_path / "gone" / "found.json", plot_file=None)

    assert "torch" in capsys.readouterr().out


def test_a_picture_is_png_whatever_its_name_ends_with(tmp_path: Path):
    publish(REPORT, json_file=None, plot_file=tmp_path / "found.results")

    assert (tmp_path / "found.results").read_bytes().startswith(b"\x89PNG")
