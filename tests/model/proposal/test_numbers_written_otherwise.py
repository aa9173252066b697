"""Numbers with signs, points and words are read as such, or told; none is misread."""

from pathlib import Path

import pytest

from model.data import load_dataset
from model.data.proposal import as_toml
from tests.model.proposal.folders import (
    HEADER,
    ITEMS,
    PAIRS,
    ROWS,
    proposed,
    reasons,
    write,
)


@pytest.mark.parametrize(
    ("prices", "numbers"),
    [
        (["1.250", "999", "12.475", "2.000.000"], [1250, 999, 12475, 2_000_000]),
        # A program that writes 1.125 for one and an eighth writes 2.5 too, or 2.500 and 9.000.
        (["1.125", "999", "12.475", "2"], [1.125, 999, 12.475, 2]),
        (["1.250", "9.000", "12.475", "0.500"], [1.25, 9, 12.475, 0.5]),
        (["1.250", "999", "12.5", "2"], [1.25, 999, 12.5, 2]),
    ],
)
def test_points_between_thousands(tmp_path: Path, prices: list[str], numbers: list[float]):
    write(tmp_path / "ratings.csv", HEADER, ROWS)
    rows = [(f"i{n}", prices[n % 4], 100 + n) for n in range(ITEMS)]
    write(tmp_path / "items.csv", ("item", "price", "pages"), rows)

    (tmp_path / "dataset.toml").write_text(
        as_toml(proposed(tmp_path)).replace('price = "category"', 'price = "number"')
    )
    features = load_dataset(tmp_path).item_features

    assert features["price"].to_list() == [numbers[n % 4] for n in range(ITEMS)]
    assert features["pages"].to_list() == [100 + n for n in range(ITEMS)]


@pytest.mark.parametrize("price", ["${:,.2f}", "{:.2f} €", "EUR {:.2f}", "{:,.2f}", "{:.0f}%"])
def test_numbers_with_signs_are_no_words(tmp_path: Path, price: str):
    write(tmp_path / "ratings.tsv", HEADER, ROWS, "\t")
    # More of them than one kind of feature takes for values of a category.
    prices = [(f"i{n}", price.format(400.5 * n)) for n in range(80)]
    write(tmp_path / "items.tsv", ("item", "price"), prices, "\t")

    proposal = proposed(tmp_path)

    assert proposal.items is not None
    assert proposal.items.features == []
    assert "'price' is left out: it holds numbers with signs or parted" in reasons(proposal)


def test_counts_that_are_no_numbers_are_told(tmp_path: Path):
    rows = [(*pair, f"{n * 37:,}") for n, pair in enumerate(PAIRS)]
    write(tmp_path / "sales.tsv", ("user", "item", "quantity"), rows, "\t")

    told = reasons(proposed(tmp_path))

    assert "'quantity' is called a count and holds no numbers, but '1,036' and others" in told


def test_numbers_of_days_are_told_to_be_no_times(tmp_path: Path):
    """Spreadsheets count days since 1900."""
    rows = [(*row[:3], 44_000 + n / 24) for n, row in enumerate(ROWS)]
    write(tmp_path / "ratings.csv", ("user", "item", "rating", "date"), rows)

    told = reasons(proposed(tmp_path))

    assert "'date' is left out: '44000.0' and others are no times that can be read" in told


def test_rows_that_say_no_are_told(tmp_path: Path):
    rows = [(*pair, "NY"[n % 2]) for n, pair in enumerate(PAIRS)]
    write(tmp_path / "visits.csv", ("user", "item", "purchased"), rows)

    told = reasons(proposed(tmp_path))

    assert "'purchased' is 'N' or 'Y', and both count alike. If rows with 'N' are no" in told
