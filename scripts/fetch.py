"""`melu fetch`: bring MovieLens into the prepared form that every data set has."""

import tempfile
import tomllib
import zipfile
from pathlib import Path

from model.bundle.folders import check_writable, replacing_folder
from scripts.movielens.descriptions import TOML_1M, TOML_1M_PAPER, TOML_100K
from scripts.movielens.downloads import download_wheel, download_zip
from scripts.movielens.errors import FetchError
from scripts.movielens.tables import (
    Tables,
    tables_1m,
    tables_100k_from_wheel,
    tables_100k_from_zip,
)
from scripts.terminal import plain_console

__all__ = ["FetchError", "fetch_ml_1m", "fetch_ml_100k"]

console = plain_console(stderr=True)


def fetch_ml_100k(out: Path) -> None:
    """Prepare MovieLens 100K from the copy in the RecBole wheel, or from GroupLens' zip.

    Args:
        out: Folder to write `dataset.toml` and its tables to; nothing happens if it is complete.

    Raises:
        FetchError: If neither source can be reached or a checksum differs.
    """
    if _is_complete(out, "ml-100k"):
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        try:
            tables = tables_100k_from_wheel(download_wheel(folder))
        except FetchError as first:
            console.print(f"{first} Trying GroupLens instead.", style="yellow")
            try:
                tables = tables_100k_from_zip(download_zip("ml-100k", folder))
            except FetchError as second:
                raise FetchError(
                    f"MovieLens 100K can't be fetched. {first} {second} With a connection to "
                    "either, run the command again; or name your own data set."
                ) from second
        _write(out, "ml-100k", tables, TOML_100K)


def fetch_ml_1m(out: Path, source: Path | None) -> None:
    """Prepare MovieLens 1M from a folder that holds its `.dat` files, or from GroupLens' zip.

    Args:
        out: Folder to write `dataset.toml` and its tables to; nothing happens if it is complete.
        source: Folder with `ratings.dat`, `users.dat`, `movies.dat` and, if there is one,
            `movies_extrainfos.dat` (rated, genre, director, actors); None downloads the zip,
            which has titles and genres only.

    Raises:
        FetchError: If the files are missing or malformed, or the zip can't be had.
    """
    if _is_complete(out, "ml-1m"):
        return
    if source is not None:
        tables = tables_1m(source)
        extras = (source / "movies_extrainfos.dat").is_file()
    else:
        with tempfile.TemporaryDirectory() as temporary:
            archive = download_zip("ml-1m", Path(temporary))
            with zipfile.ZipFile(archive) as opened:
                opened.extractall(temporary)
            tables = tables_1m(Path(temporary) / "ml-1m")
        extras = False
    _write(out, "ml-1m", tables, TOML_1M_PAPER if extras else TOML_1M)


def _is_complete(out: Path, name: str) -> bool:
    try:
        described = tomllib.loads((out / "dataset.toml").read_text())
        done = bool(described["name"] == name)
    except (OSError, tomllib.TOMLDecodeError, KeyError):
        return False
    if done:
        console.print(f"{out} holds {name} already; nothing to do.")
    return done


def _write(out: Path, name: str, tables: Tables, description: str) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FetchError(
            f"{out} exists and is not this data set; remove it or choose another --out."
        )
    check_writable(out)
    with replacing_folder(out) as folder:
        for table, frame in tables.items():
            frame.write_csv(folder / f"{table}.csv")
        if "timestamp" not in tables["ratings"].columns:
            description = description.replace('timestamp = "timestamp"\n', "")
        (folder / "dataset.toml").write_text(description, encoding="utf-8")
    counts = ", ".join(f"{frame.height:,} {table}" for table, frame in tables.items())
    console.print(f"{name} is ready in {out}: {counts}.", style="green")
    console.print("MovieLens is for research and may not be redistributed (grouplens.org).")
