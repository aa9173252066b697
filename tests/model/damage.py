"""Ways to damage files, for Hypothesis to draw from."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import polars as pl
from hypothesis import strategies as st

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | None"
Place: TypeAlias = tuple[str | int, ...]

HUGE = 10**12
SNIPPETS = [
    *(b"", b"\0", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b'"', b"'", b'"""', b",", b"\n"),
    *(b"\r", b"[" * 3000, b"{" * 3000, b"-", b"nan", b"1e999", b"9" * 5000, b"x" * 70_000),
]
WORDS = [
    *("", "0", "-1", "nan", "inf", "-inf", "1e308", "9" * 5000, "true", "null", "[]", "{}"),
    *('""', '"*"', '"^.*$"', '"__line__"', '"."', '"/dev/zero"', '"a\\u0000b"', "[" * 3000),
    *('"number"', '"text"', '"categories"', "[5, 1]", "1979-05-27", "007", "*", '"item_id"'),
]
JSON_VALUES: list[Json] = [
    *(None, True, 0, -1, 1, HUGE, 10**400, -0.5, 1e308, float("nan"), float("inf"), "", "x", "*"),
    *([], {}, [1, 5], [5, 1], [0, float("inf")], ["a", "a"], {"a": {}}, "9" * 5000, "\ud800"),
]
COLUMNS: list[pl.Series] = [
    pl.Series(values=[value], dtype=dtype)
    for value, dtype in [
        *((None, pl.Null), (None, pl.String), ("", pl.String), ("1", pl.String)),
        *(("a/b", pl.String), ("\0", pl.String), ("1e999", pl.String), (b"\xff", pl.Binary)),
        *((float("nan"), pl.Float64), (float("inf"), pl.Float32), (1e308, pl.Float64)),
        *((2**63 - 1, pl.Int64), (-1, pl.Int8), (True, pl.Boolean), (1, pl.Date), (1, pl.Duration)),
        *(("a", pl.Categorical), ([], pl.List(pl.String)), ([None], pl.List(pl.String))),
        *(([1, 2], pl.List(pl.Int64)), ([["a"]], pl.List(pl.List(pl.String)))),
        *(([1.5], pl.Array(pl.Float64, 1)), ({"a": 1}, pl.Struct({"a": pl.Int64}))),
    ]
]


def damaged(content: bytes) -> st.SearchStrategy[bytes]:
    """The bytes cut short, or with some of them replaced, left out or repeated."""
    place = st.integers(0, len(content))
    span = st.tuples(place, st.integers(0, 200))
    return st.one_of(
        place.map(lambda at: content[:at]),
        st.tuples(span, st.sampled_from(SNIPPETS)).map(lambda t: _replaced(content, *t)),
        st.tuples(place, st.binary(max_size=8)).map(
            lambda t: content[: t[0]] + t[1] + content[t[0] + len(t[1]) :]
        ),
        span.map(lambda s: content[: sum(s)] + content[s[0] :]),
    )


def _replaced(content: bytes, span: tuple[int, int], snippet: bytes) -> bytes:
    start, length = span
    return content[:start] + snippet + content[start + length :]


def reworded(content: bytes, word: str) -> st.SearchStrategy[bytes]:
    """The text with one of its words, as a pattern finds them, in another's place."""
    text = content.decode()
    spans = [match.span() for match in re.finditer(word, text)]
    # Words of the text itself are the best traps: columns that stand twice, and the like.
    own = [text[slice(*span)] for span in spans]
    return st.tuples(st.sampled_from(spans), st.sampled_from(WORDS + own)).map(
        lambda t: (text[: t[0][0]] + t[1] + text[t[0][1] :]).encode()
    )


def changed_json(content: bytes) -> st.SearchStrategy[bytes]:
    """The JSON document with one of its values left out or replaced."""
    # Of lists only their beginning, which would drown the rest.
    paths = [
        path
        for path in _paths(json.loads(content))
        if all(part in {0, 1} or isinstance(part, str) for part in path)
    ]
    return st.tuples(
        st.sampled_from(paths), st.sampled_from(JSON_VALUES), st.booleans(), st.booleans()
    ).map(lambda t: _changed(content, *t))


def _paths(value: Json, path: Place = ()) -> Iterator[Place]:
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in parts:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from _paths(inner, (*path, key))


def _changed(content: bytes, path: Place, value: Json, drop: bool, rename: bool) -> bytes:
    document = inner = json.loads(content)
    for part in path[:-1]:
        inner = inner[part]
    if drop:
        old = inner.pop(path[-1])
        if rename and isinstance(inner, dict):
            inner[str(value)] = old
    else:
        inner[path[-1]] = value
    return json.dumps(document).encode()


def changed_table(path: Path) -> st.SearchStrategy[pl.DataFrame]:
    """The Parquet table with one column left out, or of other values."""
    table = pl.read_parquet(path)
    name = st.sampled_from(table.columns)

    def replaced(name: str, column: pl.Series, first_only: bool) -> pl.DataFrame:
        rest = table.get_column(name)[1:]
        if first_only and column.dtype == rest.dtype:
            values = column.append(rest)
        else:
            values = pl.concat([column] * len(table))
        return table.with_columns(values.alias(name))

    copies = [column.clone() for column in COLUMNS]
    return st.one_of(
        name.map(table.drop),
        name.map(lambda one: table.rename({one: "another"})),
        st.integers(0, 2).map(table.head),
        st.just(pl.concat([table, table])),
        st.tuples(name, st.sampled_from(copies), st.booleans()).map(
            lambda t: replaced(t[0], t[1].clone(), t[2])
        ),
    )
