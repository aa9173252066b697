"""A kind that the tests invent goes all the way, though nothing but its class knows of it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import polars as pl
import pytest

from tests.running import Service, run_melu
from tests.service.visitors import Visitor, assert_problem, ok
from tests.worlds import GENRES, ITEMS_OF_A_GENRE, write_two_tastes

WITH_FLAG = "tests.flag_kind"
COMEDIES = {str(item) for item in range(ITEMS_OF_A_GENRE)}
ITEMS = {str(item) for item in range(ITEMS_OF_A_GENRE * len(GENRES))}
RATINGS: dict[int, float] = {1: 5, 2: 5, 3: 5, 33: 1, 34: 1, 35: 1}


def run_with_flag(*arguments: str, is_fresh: bool = False) -> subprocess.CompletedProcess[str]:
    return run_melu(*arguments, is_fresh=is_fresh, program=WITH_FLAG)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tastes, where a flag is all that is known of a film: of a comedy it says yes."""
    folder = write_two_tastes(tmp_path_factory.mktemp("flags") / "data")
    description = (folder / "dataset.toml").read_text()
    features = description.index("[items.features]")
    users = description[:features].replace('city = "category"', 'member = "flag"')
    (folder / "dataset.toml").write_text(users + '[items.features]\nfunny = "flag"\n')
    items = pl.read_csv(folder / "items.csv")
    says = ["Yes" if genre == "comedy" else " no " for genre in items["genre"]]
    items.with_columns(funny=pl.Series(says)).write_csv(folder / "items.csv")
    members = pl.read_csv(folder / "users.csv").with_columns(
        member=pl.when(pl.col("age") < 40).then(pl.lit("1")).otherwise(pl.lit("false"))
    )
    members.write_csv(folder / "users.csv")
    return folder


@pytest.fixture(scope="module")
def served(data: Path) -> Iterator[Service]:
    # Begun with a bundle whose preset is quick.
    quick, bundle = data.parent / "quick", data.parent / "model"
    for trained in (
        run_melu(str(data), str(quick), program="tests.quick_with_flag"),
        run_with_flag("train", str(data), "--from", str(quick), "--out", str(bundle)),
    ):
        assert trained.returncode == 0, trained.stderr
    service = Service(bundle, data.parent / "service", program=WITH_FLAG).start()
    yield service
    service.stop()


@pytest.fixture
def client(served: Service) -> Iterator[httpx.Client]:
    with served.client() as http:
        yield http


@pytest.fixture
def fan(client: httpx.Client, user: str) -> Visitor:
    """Somebody who loves what is funny."""
    visitor = Visitor(client, user)
    visitor.rate(RATINGS)
    return visitor


def test_it_is_described_by_its_values(data: Path):
    # As from a shell: it is known before anything else is imported.
    described = run_with_flag("describe", str(data), is_fresh=True)
    assert described.returncode == 0, described.stderr
    (line,) = [line for line in described.stdout.splitlines() if "item.funny" in line]
    assert line.split() == ["item.funny", "flag", "2", "0.0%", "true,", "false"]


def test_a_cell_that_is_none_of_it_is_refused_with_its_line(data: Path, tmp_path: Path):
    for name in ("dataset.toml", "users.csv", "ratings.csv"):
        (tmp_path / name).write_bytes((data / name).read_bytes())
    items = (data / "items.csv").read_text().replace("Yes", "perhaps", 1)
    (tmp_path / "items.csv").write_text(items)
    described = run_with_flag("describe", str(tmp_path))
    assert described.returncode == 1
    assert "'funny' is neither yes nor no in 1 row(s), at line 2 ('perhaps')" in described.stderr


def test_a_release_without_it_refuses_the_description_and_tells_the_kinds(data: Path):
    told = run_melu("describe", str(data))
    assert told.returncode == 1
    assert "Input should be 'category', 'categories', 'number' or 'text'" in told.stderr


def test_the_model_tells_of_it(client: httpx.Client):
    model = ok(client.get("/model"))
    assert model["item_features"] == {"funny": {"kind": "flag", "values": ["false", "true"]}}
    assert model["user_features"]["member"] == {"kind": "flag", "values": ["false", "true"]}


def test_a_filter_finds_it(fan: Visitor):
    assert set(fan.recommended(limit=200, exclude_seen=False, filter="funny:true")) == COMEDIES


def test_an_answer_shows_it(fan: Visitor):
    items = fan.recommendations(limit=200, exclude_seen=False)["items"]
    shown = {item["item_id"]: item["attributes"]["funny"] for item in items}
    assert shown == {item: "true" if item in COMEDIES else "false" for item in ITEMS}


def test_live_items_are_ranked_by_it(client: httpx.Client, fan: Visitor):
    funny, serious = f"funny {fan.user_id}"[:128], f"serious {fan.user_id}"[:128]
    for item_id, said, meant in ((funny, "YES", "true"), (serious, "no", "false")):
        body = {"title": "New", "attributes": {"funny": said}}
        put = ok(client.put(f"/items/{item_id}", json=body), 201)
        assert put["attributes"] == {"funny": meant}
        assert put["warnings"] == []
    ranked = fan.recommended(limit=200)
    unseen_comedies = COMEDIES - {str(item) for item in RATINGS}
    assert ranked.index(funny) <= len(unseen_comedies) < ranked.index(serious)
    found = fan.recommended(limit=200, filter="funny:true")
    assert funny in found
    assert serious not in found
    for item_id in (funny, serious):
        client.delete(f"/items/{item_id}")


def test_a_live_value_that_is_none_of_it_is_refused(client: httpx.Client, fan: Visitor):
    body = {"title": "New", "attributes": {"funny": "perhaps"}}
    problem = assert_problem(client.put("/items/new", json=body), 422, "invalid_attribute")
    assert "'funny': expected yes or no" in problem["detail"]
    put = client.put(fan.path, json={"attributes": {"member": "perhaps"}})
    assert "'member': expected yes or no" in assert_problem(put, 422, "invalid_attribute")["detail"]


def test_a_user_may_have_it(client: httpx.Client, fan: Visitor):
    put = ok(client.put(fan.path, json={"attributes": {"member": "yes"}}))
    assert put["attributes"] == {"member": "yes"}
    assert put["warnings"] == []


def test_items_of_a_table_are_imported_with_it(
    served: Service, client: httpx.Client, tmp_path: Path
):
    file = tmp_path / "items.csv"
    file.write_text("item_id,title,funny\nimported,New,1\n")
    done = run_with_flag("items", "import", str(file), "--service", served.url)
    assert done.returncode == 0, done.stderr
    assert ok(client.get("/items/imported"))["attributes"] == {"funny": "true"}
    client.delete("/items/imported")
