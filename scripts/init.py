"""`melu init`: look at the files of a folder and write the `dataset.toml` that describes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shlex import quote

import typer
from rich.table import Table

from model.data import load_dataset
from model.data.description import DESCRIPTION_FILE
from model.data.proposal import Proposal, as_toml, propose
from model.data.proposal.found_table import FoundTable
from model.data.proposal.proposal import rows_as_read
from model.errors import DatasetError, ModelError
from scripts.files import check_files
from scripts.loading import print_report
from scripts.terminal import output, tables_output

_ELSEWHERE = "Copy the files to a folder of yours."
_ROWS = 10
_WIDTH_WITHOUT_TERMINAL = 160
_MOST_COLUMNS = 8


def init_dataset(folder: Path, *, yes: bool, force: bool) -> None:
    """Propose a description, show the data as they will be read, and write it.

    Args:
        folder: Has the files.
        yes: Take the proposal without asking.
        force: Write over a description that is there.

    Raises:
        DatasetError: If there is nothing to describe, a description is there already, or the
            proposal was declined.
    """
    file = folder / DESCRIPTION_FILE
    if file.exists() and not force:
        raise DatasetError(
            f"{file} is there already. `melu check` tells whether it fits the data; --force writes "
            "a new one over it."
        )

    try:
        check_files(file)
    except ModelError as error:
        raise DatasetError(f"{error} {_ELSEWHERE}") from error

    def choose(question: str, answers: Sequence[str], likeliest: str) -> str:
        if yes:
            return likeliest
        while True:
            answer: str = typer.prompt(f"{question} ({', '.join(answers)})", default=likeliest)
            if answer in answers:
                return answer
            output.print(f"There is no column {answer!r} to choose.")

    proposal = propose(folder, choose)
    text = as_toml(proposal)
    for reason in proposal.reasons:
        output.print(f"- {reason}", soft_wrap=True)
    _show(proposal)
    if not yes and not typer.confirm(f"Write this to {file}?", default=True):
        raise DatasetError("nothing is written.")
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DatasetError(f"{file} can't be written: {error}. {_ELSEWHERE}") from error
    output.print(f"{file} is written.", style="bold")
    # All that it says is tried at once.
    dataset = load_dataset(folder, skip_bad_rows=True)
    print_report(dataset.report)
    skipping = " --skip-bad-rows" if dataset.report.bad_rows else ""
    shown = quote(str(folder))
    output.print(f"Next: melu check {shown}, then melu train {shown}{skipping}", soft_wrap=True)


def _show(proposal: Proposal) -> None:
    for table in (
        proposal.ratings,
        *(one.table for one in (proposal.users, proposal.items) if one is not None),
    ):
        tables_output(_WIDTH_WITHOUT_TERMINAL).print(_rows(table))


def _rows(table: FoundTable) -> Table:
    rows = rows_as_read(table, _ROWS)
    shown = Table(title=f"{table.name}, as it is read", title_justify="left")
    names = rows.columns[:_MOST_COLUMNS]
    for name in names:
        shown.add_column(name, overflow="ellipsis", no_wrap=True, max_width=24)
    for row in rows.select(names).iter_rows():
        shown.add_row(*("" if value is None else _cell(value) for value in row))
    return shown


def _cell(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text.replace("\n", " ")
