"""`melu fetch`: bring MovieLens into the prepared form that every data set has."""

import hashlib
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

import httpx
import polars as pl
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from model.bundle.folders import replacing_folder
from model.errors import DatasetError
from scripts.terminal import plain_console

GROUPLENS = "https://files.grouplens.org/datasets/movielens"
RECBOLE = "recbole==1.2.1"
RECBOLE_SHA256 = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"
RECBOLE_FOLDER = "recbole/dataset_example/ml-100k"
ZIP_MD5 = {
    # As GroupLens publishes them beside the archives.
    "ml-100k": "0e33842e24a9c977be4e0107933c0723",
    "ml-1m": "c4d9eecfca2ab87c1945afe126590906",
}

_GENRES_100K = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
    *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
_ARTICLE = re.compile(r"^(?P<rest>.+), (?P<article>The|A|An|Le|La|Les|L'|El|Il|Der|Die|Das)$")
_YEAR = re.compile(r"\s*\((\d{4})\)\s*$")

console = plain_console(stderr=True)


class FetchError(DatasetError):
    """A data set could not be fetched; the message says what else can be done."""


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
            tables = _tables_100k_from_wheel(_download_wheel(folder))
        except FetchError as first:
            console.print(f"{first} Trying GroupLens instead.", style="yellow")
            try:
                tables = _tables_100k_from_zip(_download_zip("ml-100k", folder))
            except FetchError as second:
                raise FetchError(
                    f"MovieLens 100K can't be fetched. {first} {second} With a connection to "
                    "either, run the command again; or name your own data set."
                ) from second
        _write(out, "ml-100k", tables, _TOML_100K)


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
        tables = _tables_1m(source)
        extras = (source / "movies_extrainfos.dat").is_file()
    else:
        with tempfile.TemporaryDirectory() as temporary:
            archive = _download_zip("ml-1m", Path(temporary))
            with zipfile.ZipFile(archive) as opened:
                opened.extractall(temporary)
            tables = _tables_1m(Path(temporary) / "ml-1m")
        extras = False
    _write(out, "ml-1m", tables, _TOML_1M_PAPER if extras else _TOML_1M)


# --- downloads ---------------------------------------------------------------------------------


def _download_wheel(folder: Path) -> Path:
    """Let pip fetch the wheel, so that its index and proxy settings hold."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(folder), RECBOLE]
    with console.status(f"Fetching MovieLens 100K from the wheel {RECBOLE}"):
        try:
            finished = subprocess.run(  # noqa: S603 - a fixed command, no shell
                command, capture_output=True, text=True, check=False, timeout=300
            )
        except subprocess.TimeoutExpired as error:
            raise FetchError(f"pip took more than 300 s to download {RECBOLE}.") from error
    wheels = list(folder.glob("*.whl"))
    if finished.returncode or not wheels:
        raise FetchError(f"pip could not download {RECBOLE}.")
    _verify(wheels[0], "sha256", RECBOLE_SHA256)
    return wheels[0]


def _download_zip(name: str, folder: Path) -> Path:
    url = f"{GROUPLENS}/{name}.zip"
    path = folder / f"{name}.zip"
    columns = (TextColumn(f"{name}.zip"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    try:
        with (
            httpx.stream("GET", url, follow_redirects=True, timeout=30) as response,
            Progress(*columns, console=console) as progress,
            path.open("wb") as file,
        ):
            response.raise_for_status()
            length = response.headers.get("content-length")
            bar = progress.add_task(name, total=int(length) if length else None)
            for chunk in response.iter_bytes():
                file.write(chunk)
                progress.advance(bar, len(chunk))
    except httpx.HTTPError as error:
        raise FetchError(
            f"{url} can't be reached ({error}); download it elsewhere and pass its unpacked "
            "folder with --from where the command has it."
        ) from error
    _verify(path, "md5", ZIP_MD5[name])
    return path


def _verify(path: Path, algorithm: str, expected: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, algorithm).hexdigest()
    if found != expected:
        raise FetchError(
            f"{path.name} has {algorithm} {found}, not {expected}: the download is damaged or "
            "the file was changed. Run the command again."
        )


# --- tables ------------------------------------------------------------------------------------

Tables = dict[str, pl.DataFrame]


def _tables_100k_from_wheel(wheel: Path) -> Tables:
    with zipfile.ZipFile(wheel) as opened:
        read = {
            kind: pl.read_csv(
                opened.read(f"{RECBOLE_FOLDER}/ml-100k.{kind}"),
                separator="\t",
                infer_schema=False,
                quote_char=None,
            )
            for kind in ("inter", "user", "item")
        }
    ratings = read["inter"].select(
        user_id="user_id:token",
        item_id="item_id:token",
        rating="rating:float",
        timestamp="timestamp:float",
    )
    users = read["user"].select(
        user_id="user_id:token",
        age="age:token",
        gender="gender:token",
        occupation="occupation:token",
        zip_code="zip_code:token",
    )
    year = pl.col("release_year:token").str.extract(r"^(\d{4})$")
    items = read["item"].select(
        item_id="item_id:token",
        title=_shown_title(pl.col("movie_title:token_seq"), year),
        genre=pl.col("class:token_seq").str.replace_all(" ", "|").replace("unknown", ""),
        year=year,
    )
    return {"ratings": ratings, "users": users, "items": items}


def _tables_100k_from_zip(archive: Path) -> Tables:
    with zipfile.ZipFile(archive) as opened:
        ratings = pl.read_csv(
            opened.read("ml-100k/u.data"),
            separator="\t",
            has_header=False,
            infer_schema=False,
            new_columns=["user_id", "item_id", "rating", "timestamp"],
        )
        users = pl.read_csv(
            opened.read("ml-100k/u.user"),
            separator="|",
            has_header=False,
            infer_schema=False,
            new_columns=["user_id", "age", "gender", "occupation", "zip_code"],
        )
        lines = opened.read("ml-100k/u.item").decode("latin-1").splitlines()
    rows = []
    for line in lines:
        item_id, title, *_rest = line.split("|")
        flags = line.split("|")[-len(_GENRES_100K) :]
        named = zip(_GENRES_100K, flags, strict=True)
        genres = [genre for genre, flag in named if flag == "1" and genre != "unknown"]
        rows.append((item_id, title, "|".join(genres)))
    return {"ratings": ratings, "users": users, "items": _titled(rows)}


def _tables_1m(folder: Path) -> Tables:
    ratings = _double_colon(folder / "ratings.dat", ["user_id", "item_id", "rating", "timestamp"])
    if ratings.get_column("timestamp").n_unique() == 1:
        # A copy whose times were lost: without the column the row order decides.
        ratings = ratings.drop("timestamp")
    users = _double_colon(
        folder / "users.dat", ["user_id", "gender", "age", "occupation", "zip_code"]
    )
    movies = _double_colon(folder / "movies.dat", ["item_id", "title", "genre"])
    items = _titled(list(movies.iter_rows()))
    extras = folder / "movies_extrainfos.dat"
    if extras.is_file():
        items = items.rename({"genre": "movielens_genre"})
        items = items.join(_about_films(extras), on="item_id", how="left")
    return {"ratings": ratings, "users": users, "items": items}


def _about_films(path: Path) -> pl.DataFrame:
    """Read what IMDb tells of the films: lists split by `|`, without "(as himself)" and such."""
    columns = [
        *("item_id", "_title", "_year", "rated", "_released", "genre"),
        *("director", "writer", "actors", "plot"),
    ]
    about = _double_colon(path, columns).select(pl.exclude("^_.*$"))
    about = about.with_columns(pl.exclude("item_id").replace(["N/A", "nan", "None"], ""))
    lists = pl.col("genre", "director", "writer", "actors")
    return about.with_columns(
        lists.str.replace_all(r"\s*\([^)]*\)", "").str.replace_all(r"\s*,\s*", "|")
    )


def _double_colon(path: Path, columns: list[str]) -> pl.DataFrame:
    """Read a `::`-separated file, UTF-8 or else Latin-1, keeping the first `columns`."""
    if not path.is_file():
        raise FetchError(
            f"{path} does not exist; --from names a folder with ratings.dat, users.dat and "
            "movies.dat, such as the unpacked ml-1m.zip of GroupLens."
        )
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    rows = [line.split("::") for line in text.split("\n") if line.strip()]
    for number, row in enumerate(rows, start=1):
        if len(row) < len(columns):
            raise FetchError(
                f"{path}, line {number}: {len(row)} fields where {len(columns)} are needed; "
                "the file is damaged, unpack it again."
            )
    data = [[field.strip() for field in row[: len(columns)]] for row in rows]
    return pl.DataFrame(data, schema=dict.fromkeys(columns, pl.String), orient="row")


def _titled(rows: list[tuple[str, str, str]]) -> pl.DataFrame:
    """Part "Title, The (1995)" of (id, title, genres) rows into a title to show and a year."""
    frame = pl.DataFrame(
        rows,
        schema={"item_id": pl.String, "raw": pl.String, "genre": pl.String},
        orient="row",
    )
    year = pl.col("raw").str.extract(_YEAR.pattern)
    name = pl.col("raw").str.replace(_YEAR.pattern, "")
    return frame.select("item_id", _shown_title(name, year).alias("title"), "genre", year=year)


def _shown_title(name: pl.Expr, year: pl.Expr) -> pl.Expr:
    """Turn "Usual Suspects, The" of 1995 into "The Usual Suspects (1995)", as a person would."""
    pattern = _ARTICLE.pattern.replace("?P<rest>", "").replace("?P<article>", "")
    name = name.str.strip_chars().str.replace(pattern, "$2 $1")
    return pl.when(year.is_null()).then(name).otherwise(pl.format("{} ({})", name, year))


# --- the prepared folder -----------------------------------------------------------------------


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
    with replacing_folder(out) as folder:
        for table, frame in tables.items():
            frame.write_csv(folder / f"{table}.csv")
        if "timestamp" not in tables["ratings"].columns:
            description = description.replace('timestamp = "timestamp"\n', "")
        (folder / "dataset.toml").write_text(description, encoding="utf-8")
    counts = ", ".join(f"{frame.height:,} {table}" for table, frame in tables.items())
    console.print(f"{name} is ready in {out}: {counts}.", style="green")
    console.print("MovieLens is for research and may not be redistributed (grouplens.org).")


_RATINGS_TOML = """
[ratings]
file = "ratings.csv"
user = "user_id"
item = "item_id"
rating = "rating"
timestamp = "timestamp"
scale = [1, 5]

[users]
file = "users.csv"
id = "user_id"
[users.features]
age = "{age}"
gender = "category"
occupation = "category"
zip_code = "category"

[items]
file = "items.csv"
id = "item_id"
title = "title"
[items.features]
"""
# Without directors and actors, the words of a title are what tells films of one genre apart.
_GENRE_YEAR_TOML = """title = "text"
genre = { kind = "categories", separator = "|" }
year = "number"
"""
_TOML_100K = 'name = "ml-100k"\n' + _RATINGS_TOML.format(age="number") + _GENRE_YEAR_TOML
# MovieLens 1M gives age and occupation as codes of groups, not as quantities.
_TOML_1M = 'name = "ml-1m"\n' + _RATINGS_TOML.format(age="category") + _GENRE_YEAR_TOML
_TOML_1M_PAPER = (
    'name = "ml-1m"\n'
    + _RATINGS_TOML.format(age="category")
    + """rated = "category"
genre = { kind = "categories", separator = "|" }
director = { kind = "categories", separator = "|" }
actors = { kind = "categories", separator = "|" }
# The MeLU paper uses the features above and no others.
writer = { kind = "categories", separator = "|", presets = ["default"] }
movielens_genre = { kind = "categories", separator = "|", presets = ["default"] }
title = { kind = "text", presets = ["default"] }
plot = { kind = "text", presets = ["default"] }
year = { kind = "number", presets = ["default"] }
"""
)
