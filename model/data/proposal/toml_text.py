"""A proposal as the text of a `dataset.toml`."""

from __future__ import annotations

from model.data.proposal.entities import EntityTable
from model.data.proposal.found_table import FoundTable
from model.data.proposal.proposal import Proposal
from model.data.toml import toml_key, toml_text

_USUAL_SEPARATOR = "|"


def as_toml(proposal: Proposal) -> str:
    """Write a proposal down, its reasons as comments.

    Args:
        proposal: The proposal.

    Returns:
        The text.
    """
    lines = [f"# {_on_one_line(reason)}" for reason in proposal.reasons]
    lines += [f"name = {toml_text(proposal.name)}", "", "[ratings]", *_file(proposal.ratings)]
    lines += [f"{role} = {toml_text(column)}" for role, column in proposal.columns.items()]
    if proposal.scale is not None:
        low, high = proposal.scale
        lines.append(f"scale = [{_number(low)}, {_number(high)}]")
    if proposal.events:
        events = ", ".join(
            f"{toml_key(kind)} = {weight:g}" for kind, weight in proposal.events.items()
        )
        lines.append(f"events = {{ {events} }}")
    for name, table in (("users", proposal.users), ("items", proposal.items)):
        if table is not None:
            lines += ["", f"[{name}]", *_entities(table, name)]
    return "\n".join(lines) + "\n"


def _entities(table: EntityTable, name: str) -> list[str]:
    lines = [*_file(table.table), f"id = {toml_text(table.id_column)}"]
    if table.title is not None:
        lines.append(f"title = {toml_text(table.title)}")
    if table.features:
        lines.append(f"[{name}.features]")
    for one in table.features:
        value = toml_text(one.kind.name)
        if one.separator not in (None, _USUAL_SEPARATOR):
            value = f"{{ kind = {value}, separator = {toml_text(one.separator or '')} }}"
        lines.append(f"{toml_key(one.name)} = {value}")
    return lines


def _file(table: FoundTable) -> list[str]:
    names = [toml_text(name) for name in table.names]
    lines = [f"file = {names[0]}" if len(names) == 1 else f"file = [{', '.join(names)}]"]
    if table.described.columns is not None:
        lines.append(f"columns = [{', '.join(map(toml_text, table.described.columns))}]")
    if table.described.separator is not None:
        lines.append(f"separator = {toml_text(table.described.separator)}")
    if table.described.encoding is not None:
        lines.append(f"encoding = {toml_text(table.described.encoding)}")
    if table.described.quote != '"':
        lines.append(f"quote = {toml_text(table.described.quote or '')}")
    if table.described.missing:
        lines.append(f"missing = [{', '.join(map(toml_text, table.described.missing))}]")
    if table.described.decimal != ".":
        lines.append(f"decimal = {toml_text(table.described.decimal)}")
    return lines


def _number(value: float) -> str:
    """Write all digits of a number: a scale that ends a little lower refuses the best ratings."""
    return str(int(value)) if value.is_integer() else repr(value)


def _on_one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
