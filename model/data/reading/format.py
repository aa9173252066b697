"""How a file of a table is written."""

from __future__ import annotations

import codecs
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_OF_NAMES = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"})
"""Encodings of names and of source code, not of files."""


def _known_encoding(name: str | None) -> str | None:
    if name is not None:
        try:
            is_text = codecs.lookup(name)._is_text_encoding
        except (LookupError, ValueError):
            is_text = False
        if not is_text or codecs.lookup(name).name in _OF_NAMES:
            raise ValueError(f"{name!r} is no encoding, such as utf-8 or latin-1")
    return name


def _parting(text: str | None) -> str | None:
    if text is not None and any(ord(one) < ord(" ") and one != "\t" for one in text):
        raise ValueError(
            f"{text!r} can't part values: only the tab is a control character that may"
        )
    return text


def _one_character(text: str | None) -> str | None:
    if text is not None and len(text) > 1:
        raise ValueError(f"expected one character, or an empty text for none; found {text!r}")
    return text


def _apart(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if names is not None and len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"two columns can't both be {twice!r}")
    return names


Character = Annotated[str | None, AfterValidator(_one_character)]


class TableFormat(BaseModel):
    """How a file is written; what is left out is found out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: Annotated[tuple[str, ...] | None, Field(min_length=1), AfterValidator(_apart)] = None
    """Names of the columns of a CSV whose first line is a row; else that line names them."""
    separator: Annotated[str | None, AfterValidator(_parting)] = Field(default=None, min_length=1)
    """What parts the values of a CSV; by itself a comma, semicolon, tab or bar, by which of them
    the header has the columns that are asked for, or the first row as many values as `columns`
    names. May be several characters, and then nothing is quoted."""
    quote: Character = '"'
    """What values are quoted with; empty for nothing."""
    escape: Character = None
    """What stands before a quote within quotes, where it is not doubled; empty for nothing. By
    itself a backslash, if the file can be read in no other way."""
    encoding: Annotated[str | None, AfterValidator(_known_encoding)] = None
    """Of a CSV or of JSON lines; UTF-8 by itself, or UTF-16 or UTF-32 where the file begins so."""
    missing: tuple[str, ...] = ()
    """Texts that stand for an unknown value, beside the empty one."""
    decimal: Literal[".", ","] = "."
    """What parts the whole of a number from its fraction; with a comma, points part thousands."""
