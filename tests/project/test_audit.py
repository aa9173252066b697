import pytest

from scripts.audit import report

SOUND = {"name": "sound", "version": "1", "vulns": []}
UNKNOWN = {"name": "unknown", "skip_reason": "not found"}
HOLED = {"name": "holed", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}


def test_a_known_vulnerability_fails(capsys: pytest.CaptureFixture[str]):
    assert report([SOUND, UNKNOWN, HOLED]) == 1
    assert "holed 1: " in capsys.readouterr().err


def test_what_cannot_be_looked_up_is_said_and_does_not_fail(capsys: pytest.CaptureFixture[str]):
    assert report([SOUND, UNKNOWN]) == 0
    assert "1 of 2 dependencies could not be audited" in capsys.readouterr().err


def test_sound_dependencies_need_no_word(capsys: pytest.CaptureFixture[str]):
    assert report([SOUND]) == 0
    assert capsys.readouterr().err == ""
