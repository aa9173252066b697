"""Feature encoding: every value has a slot, and what training never saw is unknown."""

import numpy as np
import polars as pl
import pytest
import torch

from model.errors import FeatureValueError, UnknownFeatureError
from model.features import UNKNOWN_SLOT, EncoderDescription, FeatureSpace, FeatureValue
from model.features.kinds import CATEGORIES, CATEGORY, NUMBER, TEXT
from model.melu.weights import embed

TABLE = pl.DataFrame(
    {
        "author": ["Woolf", "Borges", None, "Woolf"],
        "genres": [["novel", "satire"], [], ["poem"], ["novel"]],
        "year": [1925.0, 1944.0, None, 1931.0],
        "title": ["Mrs Dalloway", "Ficciones", "", "The Waves"],
    },
    schema_overrides={"genres": pl.List(pl.String)},
)
KINDS = {
    "author": CATEGORY,
    "genres": CATEGORIES,
    "year": NUMBER,
    "title": TEXT,
}


@pytest.fixture
def space() -> FeatureSpace:
    return FeatureSpace.fit(TABLE, KINDS)


def _bags(space: FeatureSpace, name: str, *values: object) -> list[list[int]]:
    column = space.encode([{name: value} for value in values])[name]  # type: ignore[dict-item]
    bounds = zip(column.offsets[:-1], column.offsets[1:], strict=True)
    return [column.slots[start:end].tolist() for start, end in bounds]


def test_a_category_that_training_never_saw_is_unknown(space: FeatureSpace):
    assert _bags(space, "author", "Borges", "Woolf", "Joyce", None, "") == [[1], [2], [0], [0], [0]]
    assert space.unseen({"author": "Joyce"}) == ["author"]
    assert space.unseen({"author": "Woolf"}) == []
    assert space.unseen({"author": None}) == []


def test_of_several_categories_the_known_ones_count(space: FeatureSpace):
    assert _bags(space, "genres", ["poem", "opera", "novel"], ["opera"], []) == [[2, 1], [0], [0]]


def test_words_of_a_text_are_found_in_any_case(space: FeatureSpace):
    (waves,), (again,), (unknown,) = (
        _bags(space, "title", text) for text in ("The WAVES!", "waves, the", "Ulysses")
    )
    assert sorted(waves) == sorted(again)
    assert len(waves) == 2
    assert unknown == [UNKNOWN_SLOT]


def test_numbers_fall_into_bins_in_order_and_the_outermost_are_open(space: FeatureSpace):
    slots = [bag[0] for bag in _bags(space, "year", 1, 1925, 1930, 1944, 3000)]
    assert slots == sorted(slots)
    assert min(slots) >= 1
    assert max(slots) < space.encoders["year"].slots
    assert space.unseen({"year": 3000}) == ["year"]
    assert space.unseen({"year": 1930}) == []
    assert _bags(space, "year", "1930") == _bags(space, "year", 1930.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("author", ["Woolf"]),
        ("author", True),
        ("genres", 7),
        ("year", "soon"),
        ("year", True),
        ("year", float("nan")),
        ("year", 10**400),
        ("title", 3),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_name(
    space: FeatureSpace, name: str, value: FeatureValue
):
    with pytest.raises(FeatureValueError, match=name):
        space.encode([{name: value}])


def test_a_feature_that_does_not_exist_is_refused_with_those_that_do(space: FeatureSpace):
    with pytest.raises(UnknownFeatureError, match="author, genres, year, title"):
        space.encode([{"publisher": "Hogarth"}])


def test_only_a_free_text_holds_words(space: FeatureSpace):
    assert [name for name, encoder in space.encoders.items() if encoder.is_text] == ["title"]


def test_survives_json(space: FeatureSpace):
    again = FeatureSpace.model_validate_json(space.model_dump_json())
    assert again == space
    assert again.names == space.names


def test_rows_picks_and_repeats(space: FeatureSpace):
    column = space.encode_table(TABLE)["genres"]
    picked = column.rows(np.array([3, 0, 0]))
    assert picked.slots.tolist() == [1, 1, 3, 1, 3]
    assert picked.offsets.tolist() == [0, 1, 3, 5]


def test_hidden_rows_become_unknown(space: FeatureSpace):
    column = space.encode_table(TABLE)["genres"]
    hidden = column.with_unknown(np.array([True, False, False, False]))
    assert hidden.slots.tolist() == [0, 0, 0, 2, 1]
    assert column.slots.tolist() != hidden.slots.tolist()


def test_an_embedding_is_the_mean_of_its_bag_and_features_stand_side_by_side(space: FeatureSpace):
    tables = {
        name: torch.arange(encoder.slots * 2, dtype=torch.float32).view(-1, 2)
        for name, encoder in space.encoders.items()
    }
    encoded = space.encode([{"author": "Woolf", "genres": ["novel", "satire"]}])
    found = embed(dict(reversed(tables.items())), encoded, 1)[0]
    # Woolf has slot 2: row (4, 5). Novel 1 and satire 3: mean of (2, 3) and (6, 7). The rest is 0.
    assert found.tolist() == [4.0, 5.0, 4.0, 5.0, 0.0, 1.0, 0.0, 1.0]


def test_no_features_at_all_embed_to_nothing():
    space = FeatureSpace.fit(pl.DataFrame(), {})
    assert embed({}, space.encode([{}, {}, {}]), 3).shape == (3, 0)


def test_a_category_given_as_a_number_is_its_text_however_long():
    space = FeatureSpace.fit(pl.DataFrame({"shop": ["1234567", "2.5", "7"]}), {"shop": CATEGORY})
    assert _bags(space, "shop", 1234567, 7.0, 2.5) == [[1], [3], [2]]


def test_a_feature_describes_itself_by_its_range_or_by_its_values_if_they_are_few():
    years = pl.DataFrame({"year": [1925.0, 1944.0], "shop": ["b", "a"]})
    kinds = {"year": NUMBER, "shop": CATEGORY}
    encoders = FeatureSpace.fit(years, kinds).encoders
    assert encoders["year"].describe() == EncoderDescription("number", None, 1925.0, 1944.0)
    assert encoders["shop"].describe() == EncoderDescription("category", ["a", "b"])

    many = pl.DataFrame({"shop": [str(number) for number in range(101)]})
    described = FeatureSpace.fit(many, kinds).encoders["shop"].describe()
    assert described == EncoderDescription("category")


def test_numbers_whose_distance_is_beyond_any_number_have_finite_bins():
    numbers = pl.Series([1.7e308, -1.7e308, 0.0, 5e-324] * 10)

    bins = NUMBER.fit(numbers, 1)

    assert np.isfinite(bins.edges).all()
    assert bins.encode(1.7e308) != bins.encode(-1.7e308)
