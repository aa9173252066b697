"""`melu merge-feedback`: the training data with what users told since, as a prepared data set.

What comes out is the original data plus the newest export, and nothing of any export before: whom
the store has forgotten is in no later training set. Whom the original data name and somebody erased
since, the record of erasures takes out of those too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from app.actions import ActionMeaning
from app.services.feedback_meanings import FeedbackMeanings
from app.store.erasure_log import ErasureLogError, Erasures
from model.bundle.folders import OwnFolder, replacing_folder
from model.data import Dataset, load_dataset
from model.data.description import DESCRIPTION_FILE, ItemsTable, RatingsTable, UsersTable
from model.data.toml import toml_document
from model.errors import DatasetError
from scripts.loop.entities import attributes_of, merged_entities
from scripts.loop.exported import Export, read_export
from scripts.loop.merged_ratings import merged_ratings, original_ratings
from scripts.loop.names import unused_name
from scripts.loop.training_rows import OF_ERASED, OF_NO_SUCH_ITEM, training_rows
from scripts.settings import read_settings
from scripts.terminal import console

_OWNER_ONLY = 0o700
_MADE_BY = "# Made by melu merge-feedback: the training data with feedback of a service.\n"
MERGED_FOLDER = OwnFolder(
    mark=DESCRIPTION_FILE,
    names=(DESCRIPTION_FILE, "ratings.parquet", "users.parquet", "items.parquet"),
    otherwise="no merge made it, or not all of it",
    error=DatasetError,
    begins=_MADE_BY.encode(),
)
Attributes = Mapping[str, Any]


@dataclass(frozen=True)
class MergeReport:
    """What a merge did.

    Attributes:
        rows: Rows of ratings or interactions of the original data.
        added: Rows that feedback adds.
        users: Users whose feedback adds rows.
        new_users: Of these, those who are not in the original data.
        new_items: Items that the original data do not have.
        erased_users: Users of the original data who were erased since, and are left out.
        left_out: Why feedback is not among the rows → how many pieces.
    """

    rows: int
    added: int
    users: int
    new_users: int
    new_items: int
    erased_users: int
    left_out: dict[str, int]

    def text(self) -> str:
        """Tell it in lines."""
        told = (
            f"merged {self.rows:,} rows of the data with {self.added:,} of feedback by "
            f"{self.users:,} users, {self.new_users:,} of them new; {self.new_items:,} new items"
        )
        if self.erased_users:
            told += f"; {self.erased_users:,} users of the data were erased since"
        lines = [f"{told}."]
        lines += [f"  not learnt from: {n:,}, {why}" for why, n in self.left_out.items()]
        return "\n".join(lines)


def action_meanings() -> Mapping[str, ActionMeaning]:
    """Read what actions mean from the settings of the service, `MELU_ACTIONS`.

    Returns:
        Action → meaning.

    Raises:
        ModelError: If a setting can't be read.
    """
    return read_settings({}).action_meanings


def merge_feedback(
    folder: Path,
    export_folder: Path,
    out: Path,
    *,
    actions: Mapping[str, ActionMeaning],
    erasure_log: Path | None,
    skip_bad_rows: bool = False,
) -> MergeReport:
    """Write a prepared data set of the original data and an export.

    Of several ratings of an item by a user the newest counts; where the original data have no
    times, feedback is newer. Interactions add up, but for those that feedback speaks against.

    Args:
        folder: The original data.
        export_folder: What `melu export-feedback` wrote.
        out: The folder to write; a data set that a merge made is replaced as a whole.
        actions: Action → what it means.
        erasure_log: The service's record of erasures, if it keeps one.
        skip_bad_rows: Leave bad rows of the original data out.

    Returns:
        What was done.

    Raises:
        ModelError: If the data, the export or the record can't be read, the data are merged ones
            themselves, or `out` holds something else.
    """
    MERGED_FOLDER.check(out)
    if MERGED_FOLDER.is_marked(folder):
        raise DatasetError(
            f"{folder} was merged from other data, and would bring along what an export before had "
            "of users. Name the original data."
        )
    dataset = load_dataset(folder, skip_bad_rows=skip_bad_rows)
    export = read_export(export_folder)
    name = dataset.description.name
    if export.description.dataset not in (None, name):
        raise DatasetError(
            f"{export_folder} is of a store that was filled for {export.description.dataset!r}, "
            f"and {folder} is {name!r}: ids of the one mean nothing to the other."
        )
    erased, gone = _erased(dataset, export, erasure_log)
    feedback = export.feedback.filter(~pl.col("user_id").is_in(list(gone)))
    meanings = FeedbackMeanings(actions, dataset.scale, has_ratings=dataset.has_ratings)
    told = training_rows(feedback, meanings, has_ratings=dataset.has_ratings)
    left_out = told.left_out
    left_out[OF_ERASED] = export.feedback.height - feedback.height
    live = {
        item_id: (title, attributes_of(text))
        for item_id, title, text, deleted in export.items.iter_rows()
        if not deleted
    }
    item_ids = {*dataset.item_ids, *live}
    if dataset.description.items is None:
        # All that is known of its items are their ids in the ratings.
        item_ids |= set(told.rows.get_column("item_id"))
    added = told.rows.filter(pl.col("item_id").is_in(list(item_ids)))
    left_out[OF_NO_SUCH_ITEM] = told.rows.height - added.height
    rows = original_ratings(dataset.description, folder, erased, skip_bad_rows=skip_bad_rows)
    described, ratings = merged_ratings(dataset.description.ratings, rows, added, told.against)
    raters, known = set(added.get_column("user_id")), set(dataset.user_ids) - erased
    profiles = {
        user_id: attributes_of(text)
        for user_id, text in export.users.select("user_id", "attributes").iter_rows()
        if user_id in raters or (user_id in known and user_id not in gone)
    }
    try:
        with replacing_folder(out) as content:
            # It holds what users told, as the store does.
            content.chmod(_OWNER_ONLY)
            _write_table(ratings, content, described)
            users = _write_users(dataset, content, profiles, erased)
            items = _write_items(dataset, content, live)
            _describe(dataset, content, described, users, items)
    except OSError as error:
        raise DatasetError(f"{out} can't be written: {error.strerror or error}.") from error
    return MergeReport(
        rows=ratings.height - added.height,
        added=added.height,
        users=len(raters),
        new_users=len(raters - known),
        new_items=len(item_ids - set(dataset.item_ids)),
        erased_users=len(erased),
        left_out={why: count for why, count in sorted(left_out.items()) if count},
    )


def _erased(
    dataset: Dataset, export: Export, record: Path | None
) -> tuple[frozenset[str], frozenset[str]]:
    """Return who was erased of the data, and who of the export since it was made."""
    if record is None:
        return frozenset(), frozenset()
    if not record.exists():
        # A service begins it with the first erasure.
        console.print(f"there is no record of erasures in {record} yet.")
        return frozenset(), frozenset()
    try:
        erasures = Erasures(record)
    except ErasureLogError as error:
        raise DatasetError(str(error)) from error
    gone = set()
    for user_id, created_at in export.users.select("user_id", "created_at").iter_rows():
        at = erasures.erased_at(user_id)
        # Who came back after the erasure is another user.
        if at is not None and created_at.timestamp() <= at:
            gone.add(user_id)
    of_data = (one for one in dataset.user_ids if erasures.erased_at(one) is not None)
    return frozenset(of_data), frozenset(gone)


def _write_users(
    dataset: Dataset, folder: Path, profiles: Mapping[str, Attributes], erased: Collection[str]
) -> UsersTable | None:
    described = dataset.description.users
    if described is None:
        return None
    kept = [user_id not in erased for user_id in dataset.user_ids]
    ids, features = merged_entities(
        [one for one, is_kept in zip(dataset.user_ids, kept, strict=True) if is_kept],
        dataset.user_features.filter(kept) if dataset.user_features.width else pl.DataFrame(),
        profiles,
        dataset.user_feature_kinds,
    )
    names = dataset.user_features.columns
    table = UsersTable(
        file="users.parquet",
        id=described.id,
        features={name: described.features[name] for name in names},
    )
    _write_table(features.with_columns(pl.Series(described.id, ids)), folder, table)
    return table


def _write_items(
    dataset: Dataset, folder: Path, live: Mapping[str, tuple[str | None, Attributes]]
) -> ItemsTable | None:
    described = dataset.description.items
    if described is None:
        return None
    title = described.title
    if title == described.id:
        # What somebody put has a title of its own.
        title = unused_name("title", (described.id, *dataset.item_features.columns))
    newer = {
        item_id: attributes if title is None else {title: text} | dict(attributes)
        for item_id, (text, attributes) in live.items()
    }
    ids, features = merged_entities(
        dataset.item_ids, dataset.item_features, newer, dataset.item_feature_kinds
    )
    table = ItemsTable(
        file="items.parquet",
        id=described.id,
        title=title,
        features={name: described.features[name] for name in dataset.item_features.columns},
    )
    columns = [pl.Series(described.id, ids)]
    if title is not None and title not in features.columns:
        titles = dict(zip(dataset.item_ids, dataset.titles, strict=True))
        titles |= {item_id: text or item_id for item_id, (text, _) in live.items()}
        columns.append(pl.Series(title, [titles[item_id] for item_id in ids]))
    _write_table(features.with_columns(columns), folder, table)
    return table


def _write_table(table: pl.DataFrame, folder: Path, described: RatingsTable | UsersTable) -> None:
    assert isinstance(described.file, str)  # noqa: S101 - it was just described so
    with (folder / described.file).open("wb") as file:
        table.write_parquet(file)


def _describe(
    dataset: Dataset,
    folder: Path,
    ratings: RatingsTable,
    users: UsersTable | None,
    items: ItemsTable | None,
) -> None:
    merged = dataset.description.model_copy(
        update={"ratings": ratings, "users": users, "items": items}
    )
    content = merged.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    text = _MADE_BY + toml_document(content)
    (folder / DESCRIPTION_FILE).write_text(text, encoding="utf-8")
