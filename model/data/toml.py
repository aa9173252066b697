"""Write TOML: what the standard library reads only."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(value: str) -> str:
    """Quote a text."""
    # What JSON escapes TOML escapes alike, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_key(name: str) -> str:
    """Write a key, quoted where it has to be."""
    return name if _BARE.fullmatch(name) else toml_text(name)


def toml_document(content: Mapping[str, Any]) -> str:
    """Write a whole document.

    Args:
        content: Texts, numbers, lists of these, and mappings, which become tables.

    Returns:
        The text.
    """
    return "\n".join(_table(content, ())).lstrip("\n") + "\n"


def _table(content: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    """Write a table: its own values first, for all that follows a header belongs to it."""
    own = [
        f"{toml_key(name)} = {_value(value)}"
        for name, value in content.items()
        if not isinstance(value, Mapping)
    ]
    header = ["", f"[{'.'.join(map(toml_key, path))}]"] if path else []
    lines = header + own
    for name, value in content.items():
        if isinstance(value, Mapping):
            lines += _table(value, (*path, name))
    return lines


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return toml_text(value)
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_value, value))}]"
    return repr(value)
