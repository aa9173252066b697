"""`melu interviews` prints what different people are asked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from model.errors import ModelError
from model.recommender import Recommender
from scripts.interviews import questions_of_kind, show_interviews
from tests.worlds import MANY_GENRES

pytestmark = pytest.mark.slow


def test_whoever_knows_nothing_of_a_kind_is_asked_less_of_it(
    bundle_that_asks: Path, capsys: pytest.CaptureFixture[str]
):
    recommender = Recommender.load(bundle_that_asks)
    counted = [questions_of_kind(recommender, f"genre:{genre}") for genre in MANY_GENRES]
    loved, nothing, unknown = (sum(counts) for counts in zip(*counted, strict=True))
    assert loved > nothing > unknown

    show_interviews(bundle_that_asks, ["genre:musical"])

    printed = capsys.readouterr().out
    assert "loves all" in printed
    assert "genre:musical" in printed


def test_what_can_not_be_told_is_said(bundle_of: Callable[[str], Path]):
    with pytest.raises(ModelError, match="not 3 items of genre:western"):
        questions_of_kind(Recommender.load(bundle_of("default")), "genre:western")
    with pytest.raises(ModelError, match="preset melu"):
        show_interviews(bundle_of("melu"), [])
