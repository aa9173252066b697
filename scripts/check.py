"""`melu check`: tell all that is wrong with a prepared data set at once."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

import numpy as np

from model.data import Dataset, load_dataset
from model.data.description import (
    DESCRIPTION_FILE,
    TableSource,
    UsersTable,
    read_description,
)
from model.data.reading import TableFormat, partitions_of, read_raw
from model.errors import DatasetError
from scripts.loading import print_report
from scripts.terminal import output

_FEW_USERS = 100
_MOST_OF_ALL = 0.5
_FEW_RATINGS = 2
_FEWEST_TO_RATE = 2
_FEWEST_TO_CHOOSE = 10
"""Users with that many ratings or interactions whom training refuses to do without."""
_LEAKING = 0.95
_LEAST_ITEMS = 20


def check_dataset(folder: Path) -> bool:
    """Print what is wrong with a data set, and what it means for the model.

    Args:
        folder: The prepared data set.

    Returns:
        Whether it can be trained as it is.

    Raises:
        DatasetError: If the description can't be read.
    """
    description = read_description(folder)
    problems = []
    ratings = description.ratings
    columns = [ratings.user, ratings.item, ratings.rating, ratings.timestamp]
    columns += [ratings.weight, ratings.event]
    tables: list[tuple[TableSource, list[str]]] = [
        (ratings, [one for one in columns if one is not None]),
        *(
            (described, _columns(described))
            for described in (description.users, description.items)
            if described is not None
        ),
    ]
    for described, wanted in tables:
        for file in described.files:
            problems += _of_table(folder, file, described, wanted)
    if not problems:
        try:
            dataset = load_dataset(folder, skip_bad_rows=True)
        except DatasetError as error:
            problems.append(str(error))
        else:
            print_report(dataset.report)
            for advice in _quality(dataset):
                output.print(f"- {advice}", soft_wrap=True)
            fewest = _FEWEST_TO_RATE if dataset.has_ratings else _FEWEST_TO_CHOOSE
            has_few = _usable_users(dataset) < fewest
            command = f"melu train {quote(str(folder))}"
            if has_few:
                output.print(f"Training takes {fewest} such users at the least.", style="bold")
            if dataset.report.bad_rows:
                output.print(
                    "Correct the rows above in the files, or train with --skip-bad-rows: "
                    f"{command} --skip-bad-rows",
                    soft_wrap=True,
                )
            elif not has_few:
                output.print(f"Nothing is refused. Next: {command}", style="bold", soft_wrap=True)
            return not (has_few or dataset.report.bad_rows)
    for problem in problems:
        output.print(f"- {problem}", soft_wrap=True)
    output.print(f"Correct these in {folder / DESCRIPTION_FILE} or in the files.", style="bold")
    return False


def _columns(described: UsersTable) -> list[str]:
    title = getattr(described, "title", None)
    return [described.id, *([] if title is None else [title]), *described.features]


def _of_table(folder: Path, file: str, described: TableFormat, wanted: list[str]) -> list[str]:
    """Tell what keeps a table from being read at all."""
    try:
        header = read_raw(folder / file, described, wanted, partitions=partitions_of(file)).header
    except DatasetError as error:
        return [str(error)]
    missing = [repr(name) for name in wanted if name not in header]
    if not missing:
        return []
    return [
        f"{folder / file} has no column {', '.join(missing)}; it has: {', '.join(header)}. Where "
        'its first line is a row, name all columns in its table: columns = ["user", "item", …].'
    ]


def _what(dataset: Dataset) -> str:
    return "ratings" if dataset.has_ratings else "interactions"


def _usable_users(dataset: Dataset) -> int:
    """Return how many users training can learn from."""
    return int((np.bincount(dataset.ratings.user_index) >= _FEW_RATINGS).sum())


def _quality(dataset: Dataset) -> list[str]:
    """Tell what the data can't teach."""
    found = []
    ratings = dataset.ratings
    per_item = np.bincount(ratings.item_index, minlength=len(dataset.item_ids))
    usable = _usable_users(dataset)
    what = _what(dataset)
    if usable < _FEW_USERS:
        found.append(
            f"Only {usable:,} users have two {what} or more, which training learns from; lists get "
            f"better with some hundreds."
        )
    most = int(per_item.argmax())
    share = per_item[most] / max(1, len(ratings))
    if share >= _MOST_OF_ALL:
        found.append(
            f"Item {dataset.item_ids[most]!r} has {share:.0%} of all {what}: whatever is learnt is "
            "mostly about it. Leave it out if it is no choice, such as a gift or a default."
        )
    unseen = int((per_item == 0).sum())
    if unseen > len(per_item) / 2:
        found.append(
            f"{unseen:,} of {len(per_item):,} items have no {what}: they are ranked by their "
            "features alone."
        )
    if not dataset.item_features.width:
        found.append(
            "Nothing is known of items but their ids, so new items can't be ranked before they "
            "have ratings. A genre, brand or category of each would change that."
        )
    return found + _leaking(dataset)


def _leaking(dataset: Dataset) -> list[str]:
    """Tell of item features that seem to be made of the ratings themselves."""
    found = []
    ratings = dataset.ratings
    count = np.bincount(ratings.item_index, minlength=len(dataset.item_ids))
    total = np.bincount(ratings.item_index, weights=ratings.rating, minlength=len(dataset.item_ids))
    rated = count > 0
    if rated.sum() < _LEAST_ITEMS:
        return []
    made = {"mean rating": total[rated] / count[rated], "number of ratings": count[rated]}
    for name, kind in dataset.item_feature_kinds.items():
        if not kind.is_quantity:
            continue
        values = dataset.item_features.get_column(name).to_numpy()[rated].astype(np.float64)
        known = np.isfinite(values)
        for what, other in made.items():
            if (
                known.sum() < _LEAST_ITEMS
                or np.ptp(values[known]) == 0
                or np.ptp(other[known]) == 0
            ):
                continue
            if abs(np.corrcoef(values[known], other[known])[0, 1]) >= _LEAKING:
                found.append(
                    f"items.{name} is all but the {what} of each item. A new item has none, so the "
                    "model would rely on what it will not be told: leave it out of the features."
                )
                break
    return found
