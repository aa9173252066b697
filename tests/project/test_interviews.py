"""`melu interviews` prints what different people are asked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from model.errors import ModelError
from model.recommender import Recommender
from scripts.interviews import questions_of_kind, show_interviews


def test_whoever_knows_nothing_of_a_kind_is_asked_less_of_it(
    bundle_of: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
):
    recommender = Recommender.load(bundle_of("default"))
    for kind in ("genre:comedy", "genre:horror"):
        loved, nothing, unknown = questions_of_kind(recommender, kind)
        assert loved >= nothing > unknown

    show_interviews(bundle_of("default"), ["genre:comedy"])

    printed = capsys.readouterr().out
    assert "loves all" in printed
    assert "genre:comedy" in printed


def test_what_can_not_be_told_is_said(bundle_of: Callable[[str], Path]):
    with pytest.raises(ModelError, match="not 3 items of genre:western"):
        questions_of_kind(Recommender.load(bundle_of("default")), "genre:western")
    with pytest.raises(ModelError, match="preset melu"):
        show_interviews(bundle_of("melu"), [])
