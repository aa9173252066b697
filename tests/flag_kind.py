"""A kind of feature that the project does not have; run as a module, the command `melu` with it."""

from collections.abc import Iterable

import polars as pl

from model.errors import FeatureValueError
from model.features import AttributeValue, FeatureValue
from model.features.kind import ReadColumn, Refusal
from model.features.kinds import KINDS
from model.features.kinds.valued import ValuedKind
from scripts.cli import main

MEANINGS = {"yes": "true", "true": "true", "1": "true", "no": "false", "false": "false"}


class Flag(ValuedKind):
    """What is so or is not, in whatever words."""

    name = "flag"

    def read_column(self, column: pl.Series, separator: str) -> ReadColumn:  # noqa: ARG002
        text = column.str.strip_chars().str.to_lowercase()
        values = text.replace_strict(MEANINGS, default=None, return_dtype=pl.String)
        wrong = Refusal((text != "") & values.is_null(), "is neither yes nor no", True)
        return ReadColumn(values, (wrong,))

    def holds(self, dtype: pl.DataType) -> bool:
        return dtype == pl.String

    def row_parts(self, column: pl.Series) -> Iterable[str]:
        return column.drop_nulls()

    def _parts(self, value: FeatureValue) -> list[str]:
        return [_meaning(value)]

    def _coerced(self, value: AttributeValue) -> AttributeValue:
        return _meaning(value)


def _meaning(value: object) -> str:
    meaning = MEANINGS.get(str(value).strip().lower())
    if meaning is None:
        raise FeatureValueError("expected yes or no")
    return meaning


KINDS["flag"] = Flag()

if __name__ == "__main__":
    main()
