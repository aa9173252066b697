"""`melu compare`: what users made of the lists of a candidate, and of the current model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from app.services.arms.experiment import CANDIDATE, CURRENT
from app.store.keys import served_counts_key
from app.store.served_lists import COUNTED_DAYS, Counted
from model.errors import ModelError
from scripts.comparing.comparison import (
    LEAST_LISTS,
    LEAST_OF_A_KIND,
    Comparison,
    Verdict,
    compare,
)
from scripts.comparing.counts import Compared, by_candidate, newest_days
from scripts.comparing.intervals import CONFIDENCE, LEAST_GROUPS, Estimate
from scripts.files import check_files, write_json, write_then_print
from scripts.store_connection import connected_store
from scripts.terminal import output, tables_output

_WIDTH = 100
_TITLES = {
    "acceptance_rate": "lists with a liked item",
    "answers_per_list": "items answered, per list",
    "likes_per_list": "items liked, per list",
    "mean_rating": "mean rating",
}


class NothingCompared(ModelError):  # noqa: N818 - it says what there is
    """No list was counted; the message says what to do."""


def compare_arms(
    folder: Path, url: str | None, *, days: int, candidate: str | None, json_file: Path | None
) -> None:
    """Print both arms with intervals, the difference, and whether it is enough to tell.

    Args:
        folder: Of an embedded store.
        url: Of another one; None for the embedded one.
        days: How many days to look at, today included.
        candidate: Version of the candidate; the one compared last if None.
        json_file: Where to write the numbers too.

    Raises:
        NothingCompared: If nothing was counted.
        StoreError: If the store can't be asked.
        ModelError: If the file can't be written.
    """
    if not 1 <= days <= COUNTED_DAYS:
        raise NothingCompared(f"--days is 1 to {COUNTED_DAYS}; counts are kept no longer.")
    check_files(json_file)
    with connected_store(folder, url) as store:
        fields = [(day, store.client.hgetall(served_counts_key(day))) for day in newest_days(days)]
    found = by_candidate(fields)  # type: ignore[arg-type] # it decodes, and is no coroutine
    if not found:
        raise NothingCompared(
            f"no list was counted in {days} day(s). Set MELU_CANDIDATE and MELU_CANDIDATE_SHARE, "
            "and send list_id with feedback; only lists of users who are stored count."
        )
    if candidate is not None and candidate not in found:
        raise NothingCompared(
            f"{candidate!r} was not compared in {days} day(s); there are: {', '.join(found)}."
        )
    compared = found[candidate or next(reversed(found))]
    comparison = compare(compared)
    others = [one for one in found if one != compared.candidate]
    write_then_print(
        lambda: _print(compared, comparison, others),
        (json_file, lambda path: write_json(path, _as_json(compared, comparison))),
    )


def _print(compared: Compared, comparison: Comparison, others: Sequence[str]) -> None:
    currents = list(dict.fromkeys(one.current for one in compared.experiments))
    output.print(f"current    {', '.join(currents)}")
    output.print(f"candidate  {compared.candidate}")
    output.print(f"days       {compared.days[0]} to {compared.days[-1]} (UTC)")
    table = Table()
    table.add_column("")
    for name in (CURRENT, CANDIDATE, "difference"):
        table.add_column(name, justify="right")
    lists = [f"{_total(compared, arm, Counted.LISTS):,}" for arm in (CURRENT, CANDIDATE)]
    table.add_row("lists", *lists, "")
    for name, row in comparison.rows.items():
        shown = (row.current, row.candidate, row.difference)
        table.add_row(
            _TITLES[name], *(_shown(one, is_signed=one is row.difference) for one in shown)
        )
    tables_output(_WIDTH).print(table)
    for sentence in _sentences(compared, comparison):
        output.print(sentence)
    if others:
        output.print(f"Compared in these days too: {', '.join(others)} (--candidate).")


def _shown(estimate: Estimate, *, is_signed: bool) -> str:
    if estimate.value is None:
        return "-"
    sign = "+" if is_signed else ""
    value = f"{estimate.value:{sign}.3f}"
    if estimate.low is None or estimate.high is None:
        return value
    return f"{value} [{estimate.low:{sign}.3f}, {estimate.high:{sign}.3f}]"


def _sentences(compared: Compared, comparison: Comparison) -> list[str]:
    told = [f"In brackets: {CONFIDENCE:.0%} intervals, by groups of users."]
    match comparison.verdict:
        case Verdict.TOO_LITTLE:
            told.append(
                f"Too little to tell: each arm takes {LEAST_LISTS} lists at least, of users in "
                f"{LEAST_GROUPS} groups, {LEAST_OF_A_KIND} of them with a liked item and "
                f"{LEAST_OF_A_KIND} without."
            )
        case Verdict.UNDECIDED:
            told.append("The rates of lists with a liked item can't be told apart yet.")
            if comparison.lists_to_tell is not None:
                told.append(
                    "To tell a difference as large as this one takes about "
                    f"{comparison.lists_to_tell:,} lists of each arm."
                )
        case Verdict.CANDIDATE:
            told.append("More of the candidate's lists have a liked item.")
        case Verdict.CURRENT:
            told.append("More of the current model's lists have a liked item.")
    if len({(one.share, one.salt) for one in compared.experiments}) > 1:
        told.append(
            "Share or salt changed in these days. Where rates differ from day to day, that alone "
            "can make a difference: take --days from the change."
        )
    if len({one.current for one in compared.experiments}) > 1:
        told.append("The current model changed in these days; its versions are added up.")
    return told


def _as_json(compared: Compared, comparison: Comparison) -> dict[str, Any]:
    return {
        "candidate": compared.candidate,
        "experiments": [vars(one) for one in compared.experiments],
        "days": compared.days,
        "counts": {
            arm: {what.value: _total(compared, arm, what) for what in Counted}
            for arm in (CURRENT, CANDIDATE)
        },
        "confidence": CONFIDENCE,
        "rows": {name: asdict(row) for name, row in comparison.rows.items()},
        "verdict": comparison.verdict.value,
        "lists_to_tell": comparison.lists_to_tell,
    }


def _total(compared: Compared, arm: str, what: Counted) -> int:
    return int(compared.arms[arm][what].sum())
