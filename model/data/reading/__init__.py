"""The one reader of tables: for training, `describe`, `check`, `init` and `items import` alike.

Whatever a table's format, its columns come as text, or as lists of text; an unknown value is null.
"""

from model.data.reading.format import TableFormat
from model.data.reading.parquet_rows import UNREADABLE, row_count
from model.data.reading.partitions import partitions_of
from model.data.reading.raw_table import (
    LINE,
    RawTable,
    is_sliced,
    read_raw,
)

__all__ = [
    "LINE",
    "UNREADABLE",
    "RawTable",
    "TableFormat",
    "is_sliced",
    "partitions_of",
    "read_raw",
    "row_count",
]
