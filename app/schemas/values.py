"""What bodies and parameters are made of."""

import math
import re
from datetime import datetime
from itertools import islice
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainValidator,
    Strict,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from app.numbers import OneZero, with_one_zero
from model.catalogue.bounds import MAX_ATTRIBUTES, MAX_LIST, MAX_TEXT, MAX_TITLE
from model.catalogue.identifiers import MAX_ID_LENGTH, is_valid_id

MAX_EVENTS = 500
MAX_ITEMS = 1000
MAX_FILTERS = 200
MAX_LIMIT = 200
MAX_NAMED = 10_000
"""Items that a body may name to be ranked, or to be left out."""
REPEATABLE_PARAMETERS = frozenset({"exclude", "filter"})
MAX_WHOLE_NUMBER = 2**63 - 1  # the store's JSON holds no larger one; beyond it is a float

_DATE_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]")
_LEAP_SECOND = re.compile(r"^(.{11}\d\d:\d\d:)60")

_NO_ATTRIBUTE = "an attribute is a text, a number, a list of texts, or null"

MAX_SHOWN = 100
MOST_FAULTS = 20
"""Faults of a request that are told."""
MAX_GROUPS = 24
Action = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$"), Field(examples=["like"])
]


ListId = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{24}$"), Field(examples=["4f0c1d2e3a5b69788796a5b4"])
]
ArmName = Literal["current", "candidate"]


def _check_id(value: str) -> str:
    if not is_valid_id(value):
        raise ValueError(
            f"an id is 1 to {MAX_ID_LENGTH} printable characters without '/', and not '.' or '..'"
        )
    return value


def _check_text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("the text holds half of a surrogate pair") from None
    return value


def _check_attribute(value: object) -> object:
    """Check one value by what it is.

    Of a union the framework would tell what is wrong by each of its types, under names of its own.
    """
    match value:
        case str():
            return _check_long_text(value)
        case bool():
            raise ValueError(_NO_ATTRIBUTE)
        case int():
            return value if abs(value) <= MAX_WHOLE_NUMBER else _finite(value)
        case float():
            return _finite(value)
        case list():
            if len(value) > MAX_LIST:
                raise ValueError(f"a list has at most {MAX_LIST:,} entries")
            # The first bad one is told: each takes time, and there may be a hundred thousand.
            for place, one in enumerate(value):
                if not isinstance(one, str):
                    raise ValueError(f"entry {place} of the list is no text")
                _check_long_text(one)
            return value
        case None:
            return None
    raise ValueError(_NO_ATTRIBUTE)


def _check_long_text(value: str) -> str:
    if len(value) > MAX_TEXT:
        raise ValueError(f"a text has at most {MAX_TEXT:,} characters")
    return _check_text(value)


def _finite(value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError("a number is finite")
    return with_one_zero(number)


def _check_time(value: object) -> object:
    # Pydantic alone would read text of digits as seconds since the epoch.
    if not isinstance(value, str) or not _DATE_AND_TIME.match(value):
        raise ValueError("a time is RFC 3339 text such as 2026-01-31T12:00:00Z")
    # A leap second, which RFC 3339 allows, counts as the one before.
    return _LEAP_SECOND.sub(r"\g<1>59", value)


def _check_after_epoch(value: datetime) -> datetime:
    if value.timestamp() < 0:
        raise ValueError("a time is not before 1970")
    return value


def few_entries(most: int) -> BeforeValidator:
    """Refuse an object with too many entries before each of them is looked at."""

    def check(value: object) -> object:
        if isinstance(value, dict) and len(value) > most:
            raise ValueError(f"there are {len(value):,} entries, {most} are the most")
        return value

    return BeforeValidator(check)


def _until_a_fault(value: object) -> object:
    """Keep the entries of an object up to the first that is no id with points: it is told alone."""
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, points in value.items():
        kept[name] = points
        is_number = isinstance(points, int | float) and not isinstance(points, bool)
        if not (isinstance(name, str) and is_valid_id(name) and is_number and 0 <= points <= 100):
            break
    return kept


until_a_fault = BeforeValidator(_until_a_fault)

_ID_SCHEMA: dict[str, Any] = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_ID_LENGTH,
    # A pattern for every reader: some compile it without the flag for Unicode's classes, and take
    # `not` for another type. So it lets a few characters pass that are not printable either.
    "pattern": r"^(?!\.{1,2}$)[^/\u0000-\u001F\u007F-\u009F\u2028\u2029\uFFFD]+$",
}

Id = Annotated[str, Strict(), AfterValidator(_check_id), WithJsonSchema(_ID_SCHEMA)]
UserId = Annotated[Id, Path(description="1 to 128 printable characters without `/`.")]
ItemId = Annotated[Id, Path(description="The item's id in the data set.")]
GroupId = Annotated[Id, Path(description="A group, as onboarding named it.")]
Text = Annotated[str, Strict(), Field(max_length=MAX_TITLE), AfterValidator(_check_text)]
# Its length before its characters: behind them a fault would be told as that of a list.
Title = Annotated[
    str, Strict(), Field(min_length=1, max_length=MAX_TITLE), AfterValidator(_check_text)
]
LongText = Annotated[str, Strict(), Field(max_length=MAX_TEXT), AfterValidator(_check_text)]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Rating = Annotated[Number, OneZero]
Points = Annotated[Number, Field(ge=0, le=100), OneZero]
Weight = Annotated[Number, Field(gt=0, le=1000)]
WholeNumber = Annotated[int, Strict(), Field(ge=-MAX_WHOLE_NUMBER, le=MAX_WHOLE_NUMBER)]
Time = Annotated[
    AwareDatetime,
    BeforeValidator(_check_time),
    AfterValidator(_check_after_epoch),
    Field(json_schema_extra={"pattern": r"^(?:19[7-9]\d|[2-9]\d{3})-"}),
]
AttributeValue = Annotated[
    str | int | float | list[str] | None,
    PlainValidator(
        _check_attribute,
        json_schema_input_type=LongText
        | WholeNumber
        | Number
        | Annotated[list[LongText], Field(max_length=MAX_LIST)]
        | None,
    ),
]
Attributes = Annotated[
    dict[Text, AttributeValue], Field(max_length=MAX_ATTRIBUTES), few_entries(MAX_ATTRIBUTES)
]


def example(**fields: JsonValue) -> ConfigDict:
    """Show an example in the description."""
    return ConfigDict(json_schema_extra={"examples": [fields]}, protected_namespaces=())


EXAMPLE_ITEM: dict[str, JsonValue] = {
    "item_id": "50",
    "title": "Star Wars (1977)",
    "attributes": {"genre": ["Action", "Sci-Fi"], "year": 1977},
}


class StrictRequest(BaseModel):
    """A request: a misspelt field is an error, not silence."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _few_unknown_fields(cls, data: object) -> object:
        """Look at some of the unknown fields only: each takes time, and a place in the answer."""
        if not isinstance(data, dict) or len(data) <= len(cls.model_fields) + MOST_FAULTS:
            return data
        unknown = islice((name for name in data if name not in cls.model_fields), MOST_FAULTS)
        kept = [*(name for name in cls.model_fields if name in data), *unknown]
        return {name: data[name] for name in kept}


def _as_set(values: list[str]) -> list[str]:
    return sorted(set(values))


AsSet = AfterValidator(_as_set)
"""Neither order nor number says anything, so that these are one query however they are written."""
Exclude = Annotated[
    list[Id], Field(max_length=MAX_EVENTS, description="Leave this item out; may repeat."), AsSet
]
Filter = Annotated[
    list[Annotated[Text, Field(json_schema_extra={"pattern": "^[^:]+:"})]],
    Field(
        max_length=MAX_FILTERS,
        description="`name:value` on an item attribute; several values of one name are OR, "
        "several names are AND. Of a number also a range with both ends included, "
        "`year:1990..1999`, `year:1990..` or `year:..1950`.",
        examples=[["genre:Drama", "year:1990..1999"]],
    ),
    AsSet,
]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT)]
Cursor = Annotated[str | None, Field(max_length=MAX_TITLE)]
