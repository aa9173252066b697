"""What ids look like, where that is not what an owner of the data would think."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

UNKNOWN_TEXTS = (
    *("NA", "N/A", "n/a", "<NA>", "#N/A", "NULL", "Null", "null", "None", "NaN", "nan", "\\N"),
)
"""What programs write for an unknown value."""
_ROUNDED = r"^\d(\.\d+)?[eE]\+?\d+$"
_SHOWN = 3


def advice_on_ids(ids: Sequence[str], what: str) -> list[str]:
    """Tell ids that are none, that a program rounded, and that look like one another.

    Args:
        ids: All ids of users, or of items.
        what: Whose they are.

    Returns:
        A sentence each, with what to do.
    """
    known = pl.Series(ids, dtype=pl.String)
    found = []
    none = known.filter(known.is_in(UNKNOWN_TEXTS)).to_list()
    if none:
        shown = ", ".join(f'"{text}"' for text in none)
        found.append(
            f"{shown} is the id of one {what}: if it stands for an unknown one, write "
            f"missing = [{shown}] in the table of dataset.toml."
        )
    rounded = known.filter(known.str.contains(_ROUNDED)).to_list()
    if rounded:
        found.append(
            f"{len(rounded):,} ids of {what}s are numbers that a program has rounded, such as "
            f"{rounded[0]!r}: different ones may have become one. Write them as text."
        )
    alike = pl.DataFrame({"id": known, "form": known.str.normalize("NFC").str.strip_chars()})
    alike = alike.filter(pl.col("form").is_duplicated()).sort("form", maintain_order=True)
    if alike.height:
        shown = ", ".join(map(ascii, alike.get_column("id").head(_SHOWN)))
        found.append(
            f"{alike.height:,} ids of {what}s differ from another by blanks around them or by how "
            f"their letters are composed alone ({shown}): these are different {what}s."
        )
    return found
