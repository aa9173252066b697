"""Small CSV files, and what is read of them."""

from pathlib import Path

from model.data.reading import TableFormat, read_raw

HEADER = ["a", "b", "c"]


def write(folder: Path, content: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows_of(path: Path, **described: object) -> list[tuple[str | None, ...]]:
    raw = read_raw(path, TableFormat(**described), HEADER)  # type: ignore[arg-type]
    return raw.table.select(HEADER).rows()
