"""Data without ratings: every row is an interaction."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from model.data import load_dataset
from model.data.signals import is_liked
from model.errors import DatasetError
from model.fitting import fit_model
from tests.conftest import QUICK_PRESETS
from tests.worlds import write_clicks, write_two_tastes


def rewritten(folder: Path, *pairs: tuple[str, str]) -> Path:
    path = folder / "dataset.toml"
    text = path.read_text()
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after)
    path.write_text(text)
    return folder


def with_rows(folder: Path, *rows: tuple[str, str, str, float]) -> Path:
    pl.DataFrame(rows, schema=["user_id", "item_id", "what", "times"], orient="row").write_csv(
        folder / "ratings.csv"
    )
    return folder


def test_each_row_is_a_like(tmp_path: Path):
    dataset = load_dataset(write_clicks(tmp_path))

    assert not dataset.has_ratings
    assert dataset.scale == (0, 1)
    assert is_liked(dataset.ratings.rating, dataset.scale).all()


def test_rows_of_a_pair_add_up_by_weight_and_kind(tmp_path: Path):
    folder = with_rows(
        write_clicks(tmp_path),
        *(("u0", "1", "view", 2), ("u0", "1", "buy", 1), ("u1", "1", "view", 1)),
        *(("u2", "3", "buy", 4), ("u2", "4", "view", 1)),
    )

    ratings = load_dataset(folder).ratings

    found = {
        (user, item): rating
        for user, item, rating in zip(
            ratings.user_index.tolist(),
            ratings.item_index.tolist(),
            ratings.rating.tolist(),
            strict=True,
        )
    }
    # 2 views and a purchase are 7, a view is 1, four purchases are 20.
    assert found[2, 3] > found[0, 1] > found[1, 1] == found[2, 4]
    assert found[2, 3] == pytest.approx(1)
    high = np.quantile(np.log1p([7, 1, 20, 1]), 0.99)
    assert found[0, 1] == pytest.approx(0.75 + 0.25 * np.log1p(7) / high)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (("u0", "1", "view", -1.0), "a weight is no number above zero"),
        (("u0", "1", "view", 0.0), "a weight is no number above zero"),
        (("u0", "1", "glance", 1.0), "an event is none of view, buy"),
        (("u0", "no such", "view", 1.0), "an interaction names an unknown item"),
        (("nobody", "1", "view", 1.0), "an interaction names an unknown user"),
    ],
)
def test_a_bad_row_is_told(tmp_path: Path, row: tuple[str, str, str, float], problem: str):
    folder = with_rows(write_clicks(tmp_path), ("u1", "2", "view", 1), row)

    with pytest.raises(DatasetError, match=problem):
        load_dataset(folder)
    assert len(load_dataset(folder, skip_bad_rows=True).ratings) == 1


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (
            'weight = "times"',
            'weight = "times"\nscale = [1, 5]',
            "are for data without a rating column|scale goes with",
        ),
        (
            'weight = "times"',
            'weight = "times"\nrating = "times"',
            "are for data without a rating column|scale goes with",
        ),
        (
            'weight = "times"',
            'weight = "times"\nrating = "times"\nscale = [1, 5]',
            "for data without a rating",
        ),
        ('event = "what"\n', "", "the column that names the kind"),
        ("buy = 5", "buy = 0", "greater than 0"),
    ],
)
def test_a_description_that_contradicts_itself_is_refused(
    tmp_path: Path, before: str, after: str, problem: str
):
    folder = rewritten(write_clicks(tmp_path), (before, after))

    with pytest.raises(DatasetError, match=problem):
        load_dataset(folder)


def test_equal_ratings_are_told_for_what_they_are(tmp_path: Path):
    folder = write_two_tastes(tmp_path)
    rows = pl.read_csv(folder / "ratings.csv").with_columns(rating=pl.lit(1))
    rows.write_csv(folder / "ratings.csv")

    with pytest.raises(DatasetError, match=r"interactions, not ratings\. Leave `rating`"):
        load_dataset(folder)


def test_the_paper_s_preset_needs_ratings(tmp_path: Path):
    with pytest.raises(DatasetError, match="take the preset default"):
        fit_model(load_dataset(write_clicks(tmp_path)), QUICK_PRESETS["melu"], seed=0)


def test_likes_are_what_is_left_without_ratings(tmp_path: Path):
    dataset = load_dataset(write_two_tastes(tmp_path))

    likes = dataset.liked_only()

    assert not likes.has_ratings
    assert len(likes.ratings) == (dataset.ratings.rating >= 4).sum()
    assert set(likes.ratings.rating.tolist()) == {1.0}
    assert likes.description.name != dataset.description.name


def test_weights_whose_sum_is_beyond_any_number(tmp_path: Path):
    (tmp_path / "dataset.toml").write_text(
        'name = "s"\n[ratings]\nfile = "r.csv"\nuser = "u"\nitem = "i"\nweight = "w"\n'
    )
    (tmp_path / "r.csv").write_text("u,i,w\na,x,1e308\na,x,1e308\nb,x,1\n")

    strengths = load_dataset(tmp_path).ratings.rating

    assert strengths[0] == 1
    assert 0.75 < strengths[1] < 1
