"""`melu fans` counts what three loved items of a kind bring."""

from collections.abc import Callable
from pathlib import Path

import pytest

from model.errors import ModelError
from model.recommender import Recommender
from scripts.fans import fan_of, show_fans


def test_fans_of_a_kind_get_that_kind(
    bundle_of: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
):
    bundle = bundle_of("default")
    for kind in ("genre:comedy", "genre:horror"):
        by_order, common = fan_of(Recommender.load(bundle), kind)
        assert len(by_order) == 3
        assert min(by_order) >= 9
        assert 0 <= common < 10

    show_fans(bundle, ["genre:comedy"])

    assert "by relevance" in capsys.readouterr().out


def test_a_kind_of_too_few_items_is_told(bundle_of: Callable[[str], Path]):
    with pytest.raises(ModelError, match="not 3 items of genre:western"):
        fan_of(Recommender.load(bundle_of("default")), "genre:western")
