"""From a folder of clicks to a served list, with no rating in sight."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from scripts.opposite_users import compare_opposite_users
from tests.running import Service, run_melu
from tests.worlds import ITEMS_OF_A_GENRE, write_clicks


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("clicks")
    data = write_clicks(folder / "data")
    described = run_melu("describe", str(data))
    assert described.returncode == 0, described.stderr
    assert "interactions" in described.stdout
    assert "scale" not in described.stdout
    trained = run_melu("train", str(data), "--out", str(folder / "model"))
    assert trained.returncode == 0, trained.stderr
    service = Service(folder / "model", folder / "service").start()
    yield service
    service.stop()


@pytest.fixture
def client(shop: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=shop.url, timeout=30) as client:
        yield client


def test_the_model_has_no_scale_and_no_order_by_rating(client: httpx.Client):
    model = client.get("/model").json()

    assert model["rating_scale"] is None
    assert model["orders"] == ["relevance", "lift"]
    answer = client.get("/users/nobody/recommendations", params={"order": "rating"})
    assert answer.status_code == 422
    assert "relevance, lift" in answer.json()["detail"]


def test_a_click_is_followed_by_more_of_its_kind(client: httpx.Client):
    events = [{"item_id": "35", "action": "click"}, {"item_id": "36", "action": "like"}]
    told = client.post("/users/fan/feedback", json={"events": events}).json()
    assert told["support_size"] == 2

    answer = client.get("/users/fan/recommendations", params={"limit": 10, "explain": True}).json()

    assert answer["strategy"] == "adapted"
    assert all(item["score"] is None for item in answer["items"])
    horror = [item for item in answer["items"] if int(item["item_id"]) >= ITEMS_OF_A_GENRE]
    assert len(horror) >= 8
    assert {reason["item_id"] for reason in answer["items"][0]["because"]} == {"35", "36"}


def test_dislikes_and_what_was_not_seen_are_no_likes(client: httpx.Client):
    def horror_of(user: str) -> float:
        items = client.get(f"/users/{user}/recommendations", params={"limit": 60}).json()["items"]
        return sum(i["relevance"] for i in items if int(i["item_id"]) >= ITEMS_OF_A_GENRE)

    before = horror_of("new")
    for item in ("35", "36", "37"):
        event = {"item_id": item, "action": "dislike"}
        client.post("/users/critic/feedback", json=event)
        event = {"item_id": item, "action": "unseen"}
        client.post("/users/stranger/feedback", json=event)

    assert horror_of("critic") < before
    assert horror_of("stranger") < before


def test_a_rating_is_refused_with_the_remedy(client: httpx.Client):
    answer = client.post("/users/star/feedback", json={"item_id": "1", "rating": 5})

    assert answer.status_code == 422
    assert "send an action" in answer.json()["detail"]
    assert client.get("/users/star").status_code == 404


def test_opposite_users_answer_with_actions(shop: Service, capsys: pytest.CaptureFixture[str]):
    compare_opposite_users(shop.url)

    assert "overlap" in capsys.readouterr().out.lower()


def test_predicted_ratings_can_t_be_evaluated(tmp_path: Path):
    data = write_clicks(tmp_path)

    found = run_melu("evaluate", str(data))

    assert found.returncode != 0
    assert "evaluate-lists" in found.stderr


def test_what_to_ask_and_a_new_item(client: httpx.Client):
    asked = client.get("/onboarding/items", params={"limit": 5}).json()["items"]
    assert len(asked) == 5

    new = {"title": "Horror Night 99", "attributes": {"genre": ["horror"], "year": 1990}}
    assert client.put("/items/99", json=new).status_code == 201
    client.post("/users/ghost/feedback", json={"item_id": "40", "action": "like"})
    items = client.get("/users/ghost/recommendations", params={"limit": 60}).json()["items"]
    assert "99" in {item["item_id"] for item in items}
