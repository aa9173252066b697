"""`melu init` describes whatever files there are; what it writes is trained and served as it is."""

import datetime
import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from model.data import load_dataset
from model.errors import DatasetError
from model.features.kinds import CATEGORIES, CATEGORY, NUMBER, FeatureKind
from model.fitting import fit_model
from model.recommender import Recommender
from tests.conftest import QUICK_PRESETS
from tests.running import run_melu
from tests.worlds import GENRES, write_two_tastes

pytestmark = pytest.mark.slow


class World:
    """Two tastes, as tables to be written in one form or another."""

    def __init__(self, folder: Path) -> None:
        write_two_tastes(folder)
        self.ratings = pl.read_csv(folder / "ratings.csv", schema_overrides={"item_id": pl.String})
        self.items = pl.read_csv(folder / "items.csv", schema_overrides={"item_id": pl.String})
        self.users = pl.read_csv(folder / "users.csv")
        self.liked = self.ratings.filter(pl.col("rating") >= 4)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("two-tastes"))


def write_plays(world: World, folder: Path) -> None:
    """Tab-separated plays, some of thousands, beside names and addresses of artists."""
    source = random.Random(0)
    plays = [int(3 * source.paretovariate(0.8)) for _ in range(world.liked.height)]
    world.liked.select(userID="user_id", artistID="item_id").with_columns(
        pl.Series("weight", plays)
    ).write_csv(folder / "user_artists.tsv", separator="\t")
    world.items.select(id="item_id", name="title").with_columns(
        url="http://artists.example/" + pl.col("id")
    ).write_csv(folder / "artists.tsv", separator="\t")


def write_books(world: World, folder: Path) -> None:
    """Semicolons and quotes everywhere, Latin-1, a scale up to ten, NULL for what is unknown."""

    def write(table: pl.DataFrame, name: str) -> None:
        text = table.write_csv(separator=";", quote_style="always", line_terminator="\r\n")
        (folder / name).write_bytes(text.encode("latin-1"))

    write(
        world.ratings.select(
            (pl.col("user_id") + "ü").alias("User-ID"),
            (pl.col("item_id") + "X").alias("ISBN"),
            (2 * pl.col("rating")).alias("Book-Rating"),
        ),
        "BX-Book-Ratings.csv",
    )
    write(
        world.items.select(
            (pl.col("item_id") + "X").alias("ISBN"),
            (pl.col("title") + ' "é"').alias("Book-Title"),
            pl.col("genre").alias("Book-Author"),
            pl.col("year").alias("Year-Of-Publication"),
            ("http://images.example/" + pl.col("item_id") + ".jpg").alias("Image-URL-S"),
        ),
        "BX-Books.csv",
    )


def write_events(world: World, folder: Path) -> None:
    """JSON lines of events with types and ISO dates, and a catalogue of products."""
    source = random.Random(0)
    with (folder / "events.jsonl").open("w") as file:
        for at, row in enumerate(world.liked.iter_rows(named=True)):
            kind = source.choice(["view", "view", "add_to_cart", "purchase"])
            moment = datetime.datetime(2024, 1, 1) + datetime.timedelta(minutes=at)
            event = {"event_type": kind, "visitorId": row["user_id"], "productId": row["item_id"]}
            file.write(json.dumps(event | {"created_at": moment.isoformat() + "Z"}) + "\n")
    world.items.select(
        "title", "colour", product_id="item_id", category="genre", sku="item_id"
    ).write_csv(folder / "products.csv")


def write_parquet(world: World, folder: Path) -> None:
    """Parquet with lists, nulls, decimals, dates and times."""
    count = world.items.height
    world.ratings.with_columns(
        pl.col("rating").cast(pl.Decimal(4, 2)), pl.from_epoch("at").alias("at")
    ).write_parquet(folder / "ratings.parquet")
    days = [datetime.date(1990 + i % 30, 1 + i % 12, 1) if i % 5 else None for i in range(count)]
    world.items.with_columns(
        pl.Series("tags", [[genre, None, "film"] for genre in world.items["genre"]]),
        pl.Series("released", days),
        pl.Series("price", [None if i % 7 == 0 else 1.25 * i for i in range(count)]).cast(
            pl.Decimal(8, 2)
        ),
    ).write_parquet(folder / "items.parquet")
    world.users.write_parquet(folder / "users.pq")


def write_ids(world: World, folder: Path) -> None:
    """Who bought what, a file each half of the year, and nothing else."""
    half = world.liked.height // 2
    bought = world.liked.select("user_id", "item_id")
    bought[:half].write_csv(folder / "purchases-1.csv")
    bought[half:].write_csv(folder / "purchases-2.csv")


FORMS: dict[str, Callable[[World, Path], None]] = {
    "plays": write_plays,
    "books": write_books,
    "events": write_events,
    "parquet": write_parquet,
    "ids": write_ids,
}
FEATURES: dict[str, dict[str, FeatureKind]] = {
    "plays": {},
    "books": {
        "Book-Author": CATEGORY,
        "Year-Of-Publication": NUMBER,
    },
    "events": {"category": CATEGORY, "colour": CATEGORY},
    "parquet": {
        "genre": CATEGORY,
        "colour": CATEGORY,
        "year": NUMBER,
        "tags": CATEGORIES,
        "released": NUMBER,
        "price": NUMBER,
    },
    "ids": {},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_described_and_read(world: World, tmp_path: Path, form: str):
    FORMS[form](world, tmp_path)

    done = run_melu("init", str(tmp_path), "--yes")
    checked = run_melu("check", str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert checked.returncode == 0, checked.stdout + checked.stderr
    dataset = load_dataset(tmp_path)
    has_ratings = form in ("books", "parquet")
    assert dataset.has_ratings == has_ratings
    expected = world.ratings if has_ratings else world.liked
    assert len(dataset.ratings) == expected.height
    assert dataset.item_feature_kinds == FEATURES[form]
    assert dataset.report.bad_rows == {}
    described = dataset.description.ratings
    if form == "events":
        assert described.events == {"view": 1, "add_to_cart": 3, "purchase": 5}
        assert described.timestamp == "created_at"
    if form == "plays":
        assert described.weight == "weight"
    if form == "books":
        assert dataset.scale == (2, 10)
        assert dataset.titles[0].endswith(' "é"')


@pytest.mark.parametrize("form", ["events", "parquet", "ids"])
def test_unattended_it_ends_with_a_sensible_list(world: World, tmp_path: Path, form: str):
    FORMS[form](world, tmp_path)

    for command in (("init", str(tmp_path), "--yes"), ("train", str(tmp_path), "--out", "model")):
        arguments = [str(tmp_path / one) if one == "model" else one for one in command]
        # Once as from a shell.
        done = run_melu(*arguments, is_fresh=form == "ids")
        assert done.returncode == 0, done.stderr
    # Nobody sees a bar move in a log, so it tells of its progress in lines.
    assert re.search(r"epoch (\d+) of \1, loss", done.stderr)

    recommender = Recommender.load(tmp_path / "model")
    ids, genre = (
        world.items["item_id"].to_list(),
        dict(world.items.select("item_id", "genre").rows()),
    )
    for taste in GENRES:
        loved = [one for one in ids if genre[one] == taste][:3]
        support_set = [(recommender.catalogue.index_of[one], recommender.scale[1]) for one in loved]
        user = recommender.adapt({}, support_set)
        without = np.array([item for item, _ in support_set], dtype=np.int64)
        ranked = recommender.rank(user, 10, without=without).index
        found = [genre[one] for one in recommender.catalogue.ids(ranked)]
        assert found.count(taste) >= 8, (taste, found)


def test_a_description_is_not_written_over(world: World, tmp_path: Path):
    write_ids(world, tmp_path)
    (tmp_path / "dataset.toml").write_text("mine")

    refused = run_melu("init", str(tmp_path), "--yes")

    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert (tmp_path / "dataset.toml").read_text() == "mine"
    assert run_melu("init", str(tmp_path), "--yes", "--force").returncode == 0


@pytest.mark.parametrize(
    ("ratings", "told"),
    [
        ([1] * 300, "in every row, so rows are interactions"),
        ([3, 1, 2, 1, 500, 1] * 50, "holds counts"),
    ],
)
def test_what_is_no_rating_is_told(tmp_path: Path, ratings: list[int], told: str):
    lines = [f"u{at % 30},i{at // 30},{rating}" for at, rating in enumerate(ratings)]
    (tmp_path / "log.csv").write_text("\n".join(["user,item,score", *lines]))

    done = run_melu("init", str(tmp_path), "--yes", COLUMNS="300")

    assert done.returncode == 0, done.stderr
    assert told in done.stdout
    assert not load_dataset(tmp_path).has_ratings


TOML = 'name = "n"\n[ratings]\nfile = "r.csv"\nuser = "user"\nitem = "item"\nrating = "score"\n'


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        (["1"] * 60, "no two different numbers"),
        (["3", "1", "2", "1", "500", "1"] * 10, "look like counts"),
        (["5", "5", "5", "1"] + ["5"] * 56, "highest quarter"),
    ],
)
def test_check_train_and_describe_say_what_ratings_are(
    tmp_path: Path, scores: list[str], told: str
):
    lines = [f"u{at % 12},i{at // 12},{score}" for at, score in enumerate(scores)]
    (tmp_path / "r.csv").write_text("\n".join(["user,item,score", *lines]))
    (tmp_path / "dataset.toml").write_text(TOML)

    for command in ("check", "describe"):
        done = run_melu(command, str(tmp_path), COLUMNS="300")
        assert told in " ".join((done.stdout + done.stderr).split()), command


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path):
    (tmp_path / "r.csv").write_text("user,item,score\nu,i,5\nu,,4\nv,i,x\nv,j,1,2\nv,j,1\n")
    (tmp_path / "dataset.toml").write_text(TOML.replace("[ratings]", "[ratings]\nscale = [1, 5]"))

    done = run_melu("check", str(tmp_path), COLUMNS="300")

    told = done.stdout + done.stderr
    assert done.returncode == 1
    assert "5 rows, 2 read, 3 refused" in told
    for part in (
        "an item id that is not 1 to 128",
        "'x'",
        "4 value(s) where the header has 3",
        "--skip-bad-rows",
    ):
        assert part in told
    (tmp_path / "dataset.toml").write_text(
        TOML.replace('"user"', '"who"') + '[items]\nfile = "none.csv"\nid = "item"\n'
    )
    both = run_melu("check", str(tmp_path), COLUMNS="300").stdout
    assert "'who'" in both
    assert "none.csv" in both


def test_what_the_data_can_not_teach_is_told(world: World, tmp_path: Path):
    write_two_tastes(tmp_path)
    means = world.ratings.group_by("item_id").agg(pl.col("rating").mean().alias("stars"))
    items = world.items.join(means, on="item_id")
    items.write_csv(tmp_path / "items.csv")
    description = tmp_path / "dataset.toml"
    description.write_text(
        description.read_text().replace("[items.features]", '[items.features]\nstars = "number"')
    )

    done = run_melu("check", str(tmp_path), COLUMNS="300")

    assert "items.stars is all but the mean rating" in done.stdout


@pytest.mark.parametrize("has_ratings", [True, False])
@pytest.mark.parametrize("is_one_more", [False, True])
def test_check_promises_no_training_that_is_refused(
    tmp_path: Path, has_ratings: bool, is_one_more: bool
):
    users = (2 if has_ratings else 10) - (not is_one_more)
    rows = [f"u{user},i{item},{item % 3}" for user in range(users) for item in range(6)]
    (tmp_path / "r.csv").write_text("\n".join(["user,item,score", *rows, ""]))
    text = TOML if has_ratings else TOML.replace('rating = "score"', "")
    (tmp_path / "dataset.toml").write_text(text)

    done = run_melu("check", str(tmp_path))
    refusal = ""
    try:
        fit_model(load_dataset(tmp_path), QUICK_PRESETS["default"], seed=0)
    except DatasetError as error:
        refusal = str(error)

    assert (done.returncode == 0) == is_one_more
    assert ("at the least" in done.stdout) == (not is_one_more) == ("fewer than" in refusal)


def test_a_folder_that_takes_no_description_is_told(world: World, tmp_path: Path):
    write_ids(world, tmp_path)
    (tmp_path / "dataset.toml").symlink_to(tmp_path / "nowhere" / "dataset.toml")

    done = run_melu("init", str(tmp_path), "--yes", COLUMNS="300")

    assert done.returncode == 1
    assert "can't be written" in done.stderr
    assert "Traceback" not in done.stderr
