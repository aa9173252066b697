"""`dataset.toml`: the one description that every data set is brought into."""

import math
import tomllib
from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from model.catalogue.bounds import MAX_ATTRIBUTES
from model.data.reading import TableFormat
from model.errors import DatasetError
from model.features.kinds import Kind

DESCRIPTION_FILE = "dataset.toml"


class Feature(BaseModel):
    """One column of the user or the item table that the estimator may use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    separator: str = Field(default="|", min_length=1)
    """What parts the values of a `categories` column."""
    presets: tuple[str, ...] | None = None
    """Estimator presets that use the feature; all if left out."""


def _kind_alone(value: object) -> object:
    """Let `genre = "category"` stand for `genre = { kind = "category" }`."""
    return {"kind": value} if isinstance(value, str) else value


Features = Annotated[
    dict[str, Annotated[Feature, BeforeValidator(_kind_alone)]], Field(max_length=MAX_ATTRIBUTES)
]


def _ascends(scale: tuple[float, float]) -> tuple[float, float]:
    low, high = scale
    if not (low < high and math.isfinite(high - low)):
        raise ValueError(f"scale must be [lowest, highest]; found [{low:g}, {high:g}]")
    return scale


Noun = Annotated[str, Field(min_length=1, max_length=40)]

RatingScale = Annotated[tuple[float, float], AfterValidator(_ascends)]
"""Lowest and highest rating."""


def _each_once(files: str | tuple[str, ...]) -> str | tuple[str, ...]:
    if isinstance(files, tuple) and len(set(files)) < len(files):
        raise ValueError(f"a file is named twice and would count twice: {', '.join(files)}")
    return files


class TableSource(TableFormat):
    """Which files hold a table."""

    table: ClassVar[str]
    """What it is called in `dataset.toml`."""

    file: Annotated[
        str | Annotated[tuple[str, ...], Field(min_length=1)], AfterValidator(_each_once)
    ]
    """One file, or several with the same columns."""

    @property
    def files(self) -> tuple[str, ...]:
        """All files."""
        return (self.file,) if isinstance(self.file, str) else self.file


class RatingsTable(TableSource):
    """Where the ratings are, which columns hold them, and their scale.

    Without `rating` every row is an interaction: a click, a play, a purchase.
    """

    table: ClassVar[str] = "ratings"
    user: str
    item: str
    rating: str | None = None
    timestamp: str | None = None
    """Column of times, as seconds or milliseconds since the epoch, or as ISO text; the row order
    stands in where there is none."""
    scale: RatingScale | None = None
    """Lowest and highest rating; those of the data where it is left out."""
    weight: str | None = None
    """Column of what an interaction counts, such as plays or seconds; 1 where there is none."""
    event: str | None = None
    """Column that names what kind of interaction a row is."""
    events: dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(
        default_factory=dict
    )
    """Kind of interaction → what one counts; all count 1 where this is left out."""

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if self.rating is None and self.scale is not None:
            raise ValueError(
                "scale goes with `rating`, the column that has one; without it each row is an "
                "interaction"
            )
        if self.rating is not None and (self.weight or self.event or self.events):
            raise ValueError("weight, event and events are for data without a rating column")
        columns = (self.user, self.item, self.rating, self.timestamp, self.weight, self.event)
        used = [name for name in columns if name is not None]
        if len(set(used)) < len(used):
            raise ValueError(f"one column can't be two things: {', '.join(used)}")
        if self.events and self.event is None:
            raise ValueError("events needs `event`, the column that names the kind of a row")
        return self


class UsersTable(TableSource):
    """Where the users' features are."""

    table: ClassVar[str] = "users"
    id: str
    features: Features = Field(default_factory=dict)


class ItemsTable(UsersTable):
    """Where the items' features and titles are."""

    table: ClassVar[str] = "items"
    title: str | None = None
    """Column of a title to show; the id stands in where there is none."""


class DatasetDescription(BaseModel):
    """The whole `dataset.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    item_noun: Noun = "item"
    """What one item is to people: a film, a book."""
    item_noun_plural: Noun | None = None
    """What several are; with an s where it is left out."""
    ratings: RatingsTable
    users: UsersTable | None = None
    items: ItemsTable | None = None
    """None where all that is known of items are their ids in the ratings."""

    @property
    def nouns(self) -> tuple[str, str]:
        """What one item is called, and several."""
        return self.item_noun, self.item_noun_plural or f"{self.item_noun}s"

    @property
    def items_table(self) -> ItemsTable:
        """Where the items are: the table of ratings, if there is no other."""
        return self.items or ItemsTable(file=self.ratings.file, id=self.ratings.item)


def read_description(folder: Path) -> DatasetDescription:
    """Read and check the `dataset.toml` of a prepared data set.

    Args:
        folder: The prepared data set.

    Returns:
        The checked description.

    Raises:
        DatasetError: If the file is missing, is not TOML, or lacks or misspells a setting.
    """
    path = folder / DESCRIPTION_FILE
    if not path.is_file():
        raise DatasetError(
            f"{path} does not exist. A prepared data set is a folder with a {DESCRIPTION_FILE}; "
            f"`melu init {folder}` proposes one for files that are there, `melu fetch ml-100k` "
            "makes one, and docs/data.md shows how to write your own."
        )
    try:
        return DatasetDescription.model_validate(
            tomllib.loads(path.read_text(encoding="utf-8-sig"))
        )
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()
        )
        raise DatasetError(f"{path} does not describe a data set: {problems}.") from error
    except RecursionError as error:
        raise DatasetError(f"{path} is not valid TOML: it is nested too deep.") from error
    except OSError as error:
        raise DatasetError(f"{path} can't be read: {error}.") from error
    except ValueError as error:  # TOML, UTF-8, or a number of too many digits
        raise DatasetError(f"{path} is not valid TOML: {error}.") from error
