"""Small worlds whose right answers are known."""

from pathlib import Path

import numpy as np
import polars as pl

GENRES = ("comedy", "horror")
ITEMS_OF_A_GENRE = 30
USERS = 160
RATINGS_OF_A_USER = 24

_TOML = """
name = "two-tastes"
item_noun = "film"

[ratings]
file = "ratings.csv"
user = "user_id"
item = "item_id"
rating = "rating"
timestamp = "at"
scale = [1, 5]

[users]
file = "users.csv"
id = "user_id"
[users.features]
city = "category"
age = "number"

[items]
file = "items.csv"
id = "item_id"
title = "title"
[items.features]
genre = { kind = "categories", separator = "|" }
colour = "category"
year = "number"
"""


def write_two_tastes(folder: Path, seed: int = 0) -> Path:
    """Write a world in which half the users love comedy and hate horror, and half the reverse.

    City, age, colour and year say nothing. So θ alone can predict no better than the middle, and
    a single rating tells a user's taste: adaptation is all there is to gain. Items 0 to 29 are
    comedies, 30 to 59 horror; item 0 is the most popular comedy, item 30 of horror.
    """
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset.toml").write_text(_TOML)
    count = len(GENRES) * ITEMS_OF_A_GENRE
    pl.DataFrame(
        {
            "item_id": [str(i) for i in range(count)],
            "title": [f"{GENRES[i // ITEMS_OF_A_GENRE].title()} Night {i}" for i in range(count)],
            "genre": [GENRES[i // ITEMS_OF_A_GENRE] for i in range(count)],
            "colour": random.choice(["red", "blue"], count),
            "year": random.integers(1950, 2000, count),
        }
    ).write_csv(folder / "items.csv")
    _write_users(folder, USERS, random)
    rows = []
    # Popularity falls from the first item of a genre to the last.
    weight = np.tile(1.0 / np.arange(1, ITEMS_OF_A_GENRE + 1), len(GENRES))
    for user in range(USERS):
        loved = user % len(GENRES)
        for item in random.choice(count, RATINGS_OF_A_USER, replace=False, p=weight / weight.sum()):
            likes = item // ITEMS_OF_A_GENRE == loved
            rating = random.choice([4, 5]) if likes else random.choice([1, 2])
            rows.append((f"u{user}", str(item), int(rating), int(random.integers(10**9))))
    pl.DataFrame(rows, schema=["user_id", "item_id", "rating", "at"], orient="row").write_csv(
        folder / "ratings.csv"
    )
    return folder


def write_clicks(folder: Path, seed: int = 0) -> Path:
    """Write the world of two tastes as a shop sees it: views and purchases, and no rating."""
    write_two_tastes(folder, seed)
    rows = pl.read_csv(folder / "ratings.csv").filter(pl.col("rating") >= 4)
    bought = pl.when(pl.col("rating") == 5).then(pl.lit("buy")).otherwise(pl.lit("view"))
    rows.select("user_id", "item_id", bought.alias("what"), pl.lit(1).alias("times")).write_csv(
        folder / "ratings.csv"
    )
    columns = 'rating = "rating"\ntimestamp = "at"\nscale = [1, 5]\n'
    told = 'weight = "times"\nevent = "what"\n[ratings.events]\nview = 1\nbuy = 5\n'
    text = _TOML.replace("two-tastes", "clicks").replace(columns, told)
    (folder / "dataset.toml").write_text(text)
    return folder


MANY_GENRES = (
    *("action", "animals", "cooking", "courtroom", "crime", "dance", "disaster", "fairy tale"),
    *("ghost", "heist", "history", "martial arts", "musical", "mystery", "romance", "samurai"),
    *("satire", "space", "sport", "western"),
)
FANS_OF_A_GENRE = 25
ITEMS_OF_A_KNOWN_KIND = 12


def write_many_tastes(folder: Path, seed: int = 0, fans: int = FANS_OF_A_GENRE) -> Path:
    """Write a world of twenty genres in which each user loves one or two and dislikes the others.

    An item has one genre; its colour and year say nothing. Items 30 g to 30 g + 29 are of genre g.
    There are `fans` users for each genre.
    """
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset.toml").write_text(_TOML.replace("two-tastes", "many-tastes"))
    genre = np.repeat(np.arange(len(MANY_GENRES)), ITEMS_OF_A_GENRE)
    users = len(MANY_GENRES) * fans
    pl.DataFrame(
        {
            "item_id": [str(i) for i in range(len(genre))],
            "title": [f"{MANY_GENRES[g].title()} {i}" for i, g in enumerate(genre)],
            "genre": [MANY_GENRES[g] for g in genre],
            "colour": random.choice(["red", "blue"], len(genre)),
            "year": random.integers(1950, 2000, len(genre)),
        }
    ).write_csv(folder / "items.csv")
    _write_users(folder, users, random)
    rows = []
    for user in range(users):
        second = int(random.integers(len(MANY_GENRES)))
        loved = np.isin(genre, [user % len(MANY_GENRES), second] if user % 2 else [second])
        chosen = np.concatenate(
            [
                random.choice(np.flatnonzero(loved), 12, replace=False),
                random.choice(np.flatnonzero(~loved), 24, replace=False),
            ]
        )
        for item in chosen:
            rating = random.choice([4, 5]) if loved[item] else random.choice([1, 2, 3])
            rows.append((f"u{user}", str(item), int(rating), int(random.integers(10**9))))
    pl.DataFrame(rows, schema=["user_id", "item_id", "rating", "at"], orient="row").write_csv(
        folder / "ratings.csv"
    )
    return folder


def write_known_kinds(folder: Path, seed: int = 0) -> Path:
    """Write a world in which whoever knows one item of a kind knows most of that kind.

    Of twenty genres each user knows two, and rates two thirds of their first twelve items, well or
    not. So what is unseen tells which kinds are not known. Items 12 g to 12 g + 11 are of genre g.
    """
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset.toml").write_text(_TOML.replace("two-tastes", "known-kinds"))
    genre = np.repeat(np.arange(len(MANY_GENRES)), ITEMS_OF_A_KNOWN_KIND)
    users = len(MANY_GENRES) * FANS_OF_A_GENRE
    pl.DataFrame(
        {
            "item_id": [str(i) for i in range(len(genre))],
            "title": [f"{MANY_GENRES[g].title()} {i}" for i, g in enumerate(genre)],
            "genre": [MANY_GENRES[g] for g in genre],
            "colour": random.choice(["red", "blue"], len(genre)),
            "year": random.integers(1950, 2000, len(genre)),
        }
    ).write_csv(folder / "items.csv")
    _write_users(folder, users, random)
    rows = []
    for user in range(users):
        kinds = random.choice(len(MANY_GENRES), 2, replace=False)
        for item in np.flatnonzero(np.isin(genre, kinds)):
            if random.random() < 2 / 3:
                rating = random.choice([1, 3, 4, 5, 5])
                rows.append((f"u{user}", str(item), int(rating), int(random.integers(10**9))))
    pl.DataFrame(rows, schema=["user_id", "item_id", "rating", "at"], orient="row").write_csv(
        folder / "ratings.csv"
    )
    return folder


HIDDEN_TASTES = 4
ITEMS_OF_A_TASTE = 60
USERS_IN_TIME = 320
LIKES_OF_A_TASTE = 40


def write_hidden_tastes(folder: Path, seed: int = 0) -> Path:
    """Write a world of four tastes of which no feature of items or users says anything.

    So nothing but ratings tells what an item is. User u comes at second u, loves taste u % 4,
    and rates 40 items of it and 10 others. Items 60 t to 60 t + 59 are of taste t.
    """
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset.toml").write_text(_TOML.replace("two-tastes", "hidden-tastes"))
    taste = np.repeat(np.arange(HIDDEN_TASTES), ITEMS_OF_A_TASTE)
    pl.DataFrame(
        {
            "item_id": [str(i) for i in range(len(taste))],
            "title": [f"Untold {i}" for i in range(len(taste))],
            "genre": random.choice(GENRES, len(taste)),
            "colour": random.choice(["red", "blue"], len(taste)),
            "year": random.integers(1950, 2000, len(taste)),
        }
    ).write_csv(folder / "items.csv")
    _write_users(folder, USERS_IN_TIME, random)
    rows = []
    for user in range(USERS_IN_TIME):
        loved = taste == user % HIDDEN_TASTES
        for likes, count, ratings in ((loved, LIKES_OF_A_TASTE, [4, 5]), (~loved, 10, [1, 2])):
            rows += [
                (f"u{user}", str(item), int(random.choice(ratings)), user)
                for item in random.choice(np.flatnonzero(likes), count, replace=False)
            ]
    pl.DataFrame(rows, schema=["user_id", "item_id", "rating", "at"], orient="row").write_csv(
        folder / "ratings.csv"
    )
    return folder


def _write_users(folder: Path, count: int, random: np.random.Generator) -> None:
    """Write users whose features say nothing of what they like."""
    pl.DataFrame(
        {
            "user_id": [f"u{u}" for u in range(count)],
            "city": random.choice(["Rome", "Oslo", "Lima"], count),
            "age": random.integers(18, 80, count),
        }
    ).write_csv(folder / "users.csv")
