"""Read a prepared data set into typed tables, refusing or reporting every bad row."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from model.arrays import Float32Array, Int64Array
from model.catalogue.identifiers import MAX_ID_LENGTH, is_valid_id
from model.data.description import (
    DatasetDescription,
    Feature,
    FeatureKind,
    RatingsTable,
    UsersTable,
    read_description,
)
from model.data.signals import LIKED, is_liked
from model.data.tables import LoadReport, RowChecker, read_table
from model.errors import DatasetError

INTERACTION_SCALE = (0.0, 1.0)
_STRONG = 0.99


@dataclass(frozen=True)
class Ratings:
    """One row a rating, in columns of equal length.

    Attributes:
        user_index: Row of the user table, shape [ratings].
        item_index: Row of the item table, shape [ratings].
        rating: On the data set's scale, shape [ratings]. An interaction is a like; its place
            between the lowest like and the highest tells how strong it is.
    """

    user_index: Int64Array
    item_index: Int64Array
    rating: Float32Array

    def __len__(self) -> int:
        return len(self.rating)

    def of_users(self, users: Int64Array) -> "Ratings":
        """Return the ratings of the given users."""
        return self.where(np.isin(self.user_index, users))

    def where(self, mask: npt.NDArray[np.bool_]) -> "Ratings":
        """Return the marked ratings."""
        return Ratings(self.user_index[mask], self.item_index[mask], self.rating[mask])


@dataclass(frozen=True)
class Dataset:
    """A prepared data set in memory.

    Attributes:
        description: Its `dataset.toml`.
        user_ids: External ids, position = user index.
        item_ids: External ids, position = item index.
        titles: One a item.
        user_features: The features that are used, a column each: text, list of text, or float.
        item_features: As `user_features`, for items.
        ratings: Who rated what.
        report: What was left out.
    """

    description: DatasetDescription
    user_ids: list[str]
    item_ids: list[str]
    titles: list[str]
    user_features: pl.DataFrame
    item_features: pl.DataFrame
    ratings: Ratings
    report: LoadReport

    @property
    def user_feature_kinds(self) -> dict[str, FeatureKind]:
        """User feature → kind."""
        described = self.description.users.features if self.description.users else {}
        return {name: described[name].kind for name in self.user_features.columns}

    @property
    def item_feature_kinds(self) -> dict[str, FeatureKind]:
        """Item feature → kind."""
        described = self.description.items.features
        return {name: described[name].kind for name in self.item_features.columns}

    def as_likes(self, threshold: float) -> "Dataset":
        """Return the data set with likes (1) and dislikes (0) for ratings.

        Args:
            threshold: Lowest rating that counts as a like.

        Returns:
            The same users and items on a scale from 0 to 1.
        """
        described = self.description.ratings.model_copy(update={"scale": (0.0, 1.0)})
        # Nothing that is measured on it may pass for a result on the ratings.
        name = f"{self.description.name}-likes-from-{threshold:g}"
        if not self.has_ratings:
            raise DatasetError("this data set has no ratings to make likes of; all are likes.")
        liked = (self.ratings.rating >= threshold).astype(np.float32)
        return replace(
            self,
            description=self.description.model_copy(update={"name": name, "ratings": described}),
            ratings=Ratings(self.ratings.user_index, self.ratings.item_index, liked),
        )

    def of_preset(self, preset: str) -> "Dataset":
        """Return the data set with only the features that a preset uses."""
        users = self.description.users.features if self.description.users else {}
        items = self.description.items.features
        return replace(
            self,
            user_features=_used(self.user_features, users, preset),
            item_features=_used(self.item_features, items, preset),
        )

    def liked_only(self) -> "Dataset":
        """Return what is left if likes are the only signal: interactions, without any rating."""
        described = self.description.ratings.model_copy(update={"rating": None, "scale": None})
        liked = self.ratings.where(is_liked(self.ratings.rating, self.scale))
        return replace(
            self,
            description=self.description.model_copy(
                update={"name": f"{self.description.name}-likes-only", "ratings": described}
            ),
            ratings=replace(liked, rating=np.ones(len(liked), dtype=np.float32)),
        )

    @property
    def has_ratings(self) -> bool:
        """Tell whether users rate; else every row is an interaction."""
        return self.description.ratings.scale is not None

    @property
    def scale(self) -> tuple[float, float]:
        """Lowest and highest rating; of interactions 0 and 1."""
        return self.description.ratings.scale or INTERACTION_SCALE


def load_dataset(folder: Path, *, skip_bad_rows: bool = False) -> Dataset:
    """Load a prepared data set.

    Args:
        folder: Holds `dataset.toml` and its tables.
        skip_bad_rows: Leave bad rows out (they are in the report) instead of refusing the set.

    Returns:
        The data set with internal indices.

    Raises:
        DatasetError: If a file or column is missing, or a row is bad and not to be skipped.
    """
    description = read_description(folder)
    report = LoadReport()
    checker = RowChecker(report, skip_bad_rows)

    item_table = read_table(
        folder / description.items.file,
        [description.items.id, *_listed(description.items.title), *description.items.features],
        description.items.features,
    )
    items, item_features = _entities(item_table, description.items, "items", folder, checker)
    title = description.items.title
    titles = (
        items.select(
            pl.coalesce(pl.col(title).str.strip_chars().replace("", None), description.items.id)
        )
        if title
        else items.select(description.items.id)
    ).to_series()

    ratings_table = read_table(
        folder / description.ratings.file,
        [
            description.ratings.user,
            description.ratings.item,
            *_listed(description.ratings.rating),
            *_listed(description.ratings.timestamp),
            *_listed(description.ratings.weight),
            *_listed(description.ratings.event),
        ],
    )
    if description.users is None:
        known = (
            ratings_table.get_column(description.ratings.user)
            .drop_nulls()
            .unique(maintain_order=True)
        )
        user_ids = known.filter(known.map_elements(is_valid_id, return_dtype=pl.Boolean))
        user_features = pl.DataFrame()
    else:
        user_table = read_table(
            folder / description.users.file,
            [description.users.id, *description.users.features],
            description.users.features,
        )
        users, user_features = _entities(user_table, description.users, "users", folder, checker)
        user_ids = users.get_column(description.users.id)

    item_ids = items.get_column(description.items.id)
    read = _ratings if description.ratings.rating else _interactions
    ratings = read(ratings_table, description, user_ids, item_ids, folder, checker)
    if not len(ratings):
        raise DatasetError(
            f"{folder / description.ratings.file} holds no usable rating; "
            "a data set needs ratings of listed items to learn from."
        )
    if description.ratings.rating and len(ratings) > 1 and np.ptp(ratings.rating) == 0:
        raise DatasetError(
            f"every rating in {folder / description.ratings.file} is {ratings.rating[0]:g}: these "
            "are interactions, not ratings. Leave `rating` and `scale` out of [ratings] in "
            f"{folder / 'dataset.toml'}, and each row counts as one."
        )
    return Dataset(
        description=description,
        user_ids=user_ids.to_list(),
        item_ids=item_ids.to_list(),
        titles=titles.to_list(),
        user_features=user_features,
        item_features=item_features,
        ratings=ratings,
        report=report,
    )


def _used(table: pl.DataFrame, described: dict[str, Feature], preset: str) -> pl.DataFrame:
    presets = {name: described[name].presets for name in table.columns}
    return table.select(name for name, only in presets.items() if only is None or preset in only)


def _listed(name: str | None) -> list[str]:
    return [] if name is None else [name]


def _entities(
    table: pl.DataFrame, described: UsersTable, what: str, folder: Path, checker: RowChecker
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Check a user or item table; return its rows and its typed feature columns."""
    path = folder / described.file
    valid = pl.col(described.id).map_elements(is_valid_id, return_dtype=pl.Boolean)
    table = checker.keep(
        table,
        ~valid.fill_null(value=False),
        f"an id in {described.id!r} is not 1 to {MAX_ID_LENGTH} printable characters without '/'",
        path,
    )
    table = checker.keep(
        table,
        ~pl.col(described.id).is_first_distinct(),
        f"an id in {described.id!r} stands twice",
        path,
    )
    columns: dict[str, pl.Series] = {}
    for name, feature in described.features.items():
        table = _checked_number(table, name, feature, path, checker)
    for name, feature in described.features.items():
        column = _typed(table.get_column(name), feature)
        spread = column.explode() if feature.kind.holds_several else column
        if spread.drop_nulls().n_unique() < 2:
            checker.drop_feature(f"{what}.{name}")
        else:
            columns[name] = column
    return table, pl.DataFrame(columns)


def _checked_number(
    table: pl.DataFrame, name: str, feature: Feature, path: Path, checker: RowChecker
) -> pl.DataFrame:
    if not feature.kind.is_number:
        return table
    text = pl.col(name).str.strip_chars()
    number = text.cast(pl.Float64, strict=False)
    bad = (text != "") & (number.is_null() | ~number.is_finite().fill_null(value=False))
    return checker.keep(
        table, bad, f"{name!r} is described as a number and holds something else", path
    )


def _typed(column: pl.Series, feature: Feature) -> pl.Series:
    """Give a column its feature's type; an empty value is unknown (null)."""
    if feature.kind.holds_several:
        parts = (
            column.cast(pl.List(pl.String))
            if isinstance(column.dtype, pl.List)
            else column.str.split(feature.separator)
        )
        return parts.list.eval(
            pl.element().str.strip_chars().replace("", None).drop_nulls()
        ).list.unique(maintain_order=True)
    text = column.str.strip_chars().replace("", None)
    return text.cast(pl.Float64) if feature.kind.is_number else text


def _ratings(
    table: pl.DataFrame,
    description: DatasetDescription,
    user_ids: pl.Series,
    item_ids: pl.Series,
    folder: Path,
    checker: RowChecker,
) -> Ratings:
    """Check the ratings, keep the newest of each (user, item) pair, and index them."""
    described = description.ratings
    path = folder / described.file
    assert described.rating is not None  # noqa: S101 - else these are interactions
    assert described.scale is not None  # noqa: S101 - it comes with the ratings
    low, high = described.scale
    table = _indexed(table, described, user_ids, item_ids).with_columns(
        __rating__=pl.col(described.rating).str.strip_chars().cast(pl.Float64, strict=False),
    )
    rating = pl.col("__rating__")
    problems = [
        (rating.is_null() | ~rating.is_finite().fill_null(value=False), "a rating is no number"),
        (~rating.is_between(low, high), f"a rating is outside the scale {low:g} to {high:g}"),
        (pl.col("__user__").is_null(), "a rating names an unknown user"),
        (pl.col("__item__").is_null(), "a rating names an unknown item"),
    ]
    if described.timestamp:
        table = table.with_columns(
            __at__=pl.col(described.timestamp).str.strip_chars().cast(pl.Float64, strict=False)
        )
        problems.append((pl.col("__at__").is_null(), "a timestamp is no number"))
    for bad, problem in problems:
        table = checker.keep(table, bad, problem, path)
    if described.timestamp:
        table = table.sort("__at__", maintain_order=True)
    newest = table.unique(["__user__", "__item__"], keep="last", maintain_order=True)
    checker.report.duplicate_ratings = table.height - newest.height
    return Ratings(
        user_index=newest.get_column("__user__").to_numpy().astype(np.int64),
        item_index=newest.get_column("__item__").to_numpy().astype(np.int64),
        rating=newest.get_column("__rating__").to_numpy().astype(np.float32),
    )


def _interactions(
    table: pl.DataFrame,
    description: DatasetDescription,
    user_ids: pl.Series,
    item_ids: pl.Series,
    folder: Path,
    checker: RowChecker,
) -> Ratings:
    """Check the interactions, add up those of each (user, item) pair, and index them."""
    described = description.ratings
    path = folder / described.file
    weight, count = pl.lit(1.0), pl.lit(1.0)
    if described.weight is not None:
        weight = pl.col(described.weight).str.strip_chars().cast(pl.Float64, strict=False)
    if described.event is not None and described.events:
        names, counts = list(described.events), list(described.events.values())
        count = pl.col(described.event).replace_strict(
            names, counts, default=None, return_dtype=pl.Float64
        )
    table = _indexed(table, described, user_ids, item_ids).with_columns(
        __weight__=weight, __count__=count
    )
    number = pl.col("__weight__")
    problems = [
        (pl.col("__user__").is_null(), "an interaction names an unknown user"),
        (pl.col("__item__").is_null(), "an interaction names an unknown item"),
        (
            number.is_null() | ~number.is_finite().fill_null(value=False) | (number <= 0),
            "a weight is no number above zero",
        ),
        (
            pl.col("__count__").is_null(),
            f"an event is none of {', '.join(described.events) or 'those described'}",
        ),
    ]
    for bad, problem in problems:
        table = checker.keep(table, bad, problem, path)
    total = table.group_by(["__user__", "__item__"], maintain_order=True).agg(
        (number * pl.col("__count__")).sum().alias("__total__")
    )
    return Ratings(
        user_index=total.get_column("__user__").to_numpy().astype(np.int64),
        item_index=total.get_column("__item__").to_numpy().astype(np.int64),
        rating=_strength(total.get_column("__total__").to_numpy()),
    )


def _indexed(
    table: pl.DataFrame, described: RatingsTable, user_ids: pl.Series, item_ids: pl.Series
) -> pl.DataFrame:
    """Add internal indices of users and items; null for those that are not listed."""
    return table.with_columns(
        __user__=pl.col(described.user).replace_strict(
            user_ids, np.arange(len(user_ids)), default=None, return_dtype=pl.Int64
        ),
        __item__=pl.col(described.item).replace_strict(
            item_ids, np.arange(len(item_ids)), default=None, return_dtype=pl.Int64
        ),
    )


def _strength(total: npt.NDArray[np.float64]) -> Float32Array:
    """Place totals among the likes by their logarithm; all are as strong where they are equal."""
    logs = np.log1p(total)
    if not len(logs) or np.ptp(logs) == 0:
        return np.ones(len(logs), dtype=np.float32)
    # A few who play one song all day must not make all others look weak.
    high = np.quantile(logs, _STRONG)
    strength: Float32Array = (LIKED + (1 - LIKED) * np.minimum(logs / high, 1)).astype(np.float32)
    return strength
