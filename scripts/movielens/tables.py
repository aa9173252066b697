"""The files of MovieLens, read into the tables of a prepared data set."""

import re
import zipfile
from pathlib import Path

import polars as pl

from scripts.movielens.errors import FetchError

RECBOLE_FOLDER = "recbole/dataset_example/ml-100k"

_GENRES_100K = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
    *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
_ARTICLE = re.compile(r"^(?P<rest>.+), (?P<article>The|A|An|Le|La|Les|L'|El|Il|Der|Die|Das)$")
_YEAR = re.compile(r"\s*\((\d{4})\)\s*$")

Tables = dict[str, pl.DataFrame]
"""`ratings`, `users` and `items`."""


def tables_100k_from_wheel(wheel: Path) -> Tables:
    """Read MovieLens 100K.

    Args:
        wheel: RecBole's.

    Returns:
        The tables.
    """
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


def tables_100k_from_zip(archive: Path) -> Tables:
    """Read MovieLens 100K.

    Args:
        archive: GroupLens'.

    Returns:
        The tables.
    """
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
        lines = opened.read("ml-100k/u.item").decode("latin-1").split("\n")
    rows = []
    for line in filter(None, map(str.strip, lines)):
        item_id, title, *_rest = line.split("|")
        flags = line.split("|")[-len(_GENRES_100K) :]
        named = zip(_GENRES_100K, flags, strict=True)
        genres = [genre for genre, flag in named if flag == "1" and genre != "unknown"]
        rows.append((item_id, title, "|".join(genres)))
    return {"ratings": ratings, "users": users, "items": _titled(rows)}


def tables_1m(folder: Path) -> Tables:
    """Read MovieLens 1M.

    Args:
        folder: Has its `.dat` files.

    Returns:
        The tables.

    Raises:
        FetchError: If one is missing or malformed.
    """
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
    numbered = [
        (number, line.split("::"))
        for number, line in enumerate(text.split("\n"), start=1)
        if line.strip()
    ]
    for number, row in numbered:
        if len(row) < len(columns):
            raise FetchError(
                f"{path}, line {number}: {len(row)} fields where {len(columns)} are needed; "
                "the file is damaged, unpack it again."
            )
    data = [[field.strip() for field in row[: len(columns)]] for _, row in numbered]
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
