"""A proposal as the text of a `dataset.toml`."""

from __future__ import annotations

from model.data.proposal.proposal import EntityTable, Proposal
from model.data.proposal.sniffing import FoundTable
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
        lines.append(f"scale = [{low:g}, {high:g}]")
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
    names = [toml_text(path.name) for path in (table.path, *table.more)]
    lines = [f"file = {names[0]}" if len(names) == 1 else f"file = [{', '.join(names)}]"]
    if table.described.separator is not None:
        lines.append(f"separator = {toml_text(table.described.separator)}")
    if table.described.encoding is not None:
        lines.append(f"encoding = {toml_text(table.described.encoding)}")
    return lines


def _on_one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
