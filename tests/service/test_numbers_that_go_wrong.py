"""A local update that diverges, and users of one opinion: answers stay numbers."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.diverging import write_diverging
from tests.running import Service, wait_for
from tests.service.test_metrics import numbers
from tests.service.visitors import Json, Visitor, ok

COUNT = 500
COUNTER = "melu_adaptation_diverged_total"
RATINGS = {0: 5.0, 1: 4.0, 31: 1.0}


def strict(response: httpx.Response) -> Json:
    """Parse an answer that must have worked as JSON, which knows neither NaN nor Infinity."""
    assert response.status_code == 200, response.text

    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} in {response.text}")

    return json.loads(response.text, parse_constant=refuse)


@pytest.fixture(scope="module")
def diverged(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("diverged")
    service = Service(write_diverging(bundle, folder / "model"), folder / "service").start()
    with service.client() as client:
        yield client
    service.stop()


@pytest.fixture(scope="module")
def crowded(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A catalogue with 500 more items that are all the same comedy."""
    service = Service(bundle, tmp_path_factory.mktemp("crowded")).start()
    comedy = {"title": "Again", "attributes": {"genre": ["comedy"], "year": 1990}}
    with service.client() as client:
        items = [{"item_id": f"same {n}"} | comedy for n in range(COUNT)]
        ok(client.post("/items", json={"items": items}))
        yield client
    service.stop()


def test_the_prior_answers_and_it_is_counted(diverged: httpx.Client, user: str):
    visitor = Visitor(diverged, user)
    nobody = Visitor(diverged, f"nobody {user}"[:128])
    before = numbers(diverged)[COUNTER]
    visitor.rate(RATINGS)

    answer = strict(visitor.get("recommendations", limit=200, exclude_seen=False, explain=True))

    assert answer["strategy"] == "prior"
    assert answer["diverged"] is True
    assert "diverged" not in nobody.recommendations()
    assert (answer["local_steps"], answer["support_size"]) == (0, 0)
    assert answer["items"]
    assert all(item["because"] == [] for item in answer["items"])
    assert {item["item_id"]: item["score"] for item in answer["items"]} == nobody.scores()
    wait_for(lambda: numbers(diverged)[COUNTER] == before + 1, "the count", 5)


def test_what_was_rated_stays_left_out(diverged: httpx.Client, user: str):
    visitor = Visitor(diverged, user)
    visitor.rate(RATINGS)

    assert not {str(item) for item in RATINGS} & set(visitor.recommended(limit=200))


def test_onboarding_falls_back_too(diverged: httpx.Client, user: str):
    visitor = Visitor(diverged, user)
    visitor.rate(RATINGS)

    response = diverged.get("/onboarding/items", params={"user_id": user, "limit": 200})
    items = strict(response)["items"]

    assert len(items) == 60 - len(RATINGS)
    assert all(0 <= item["score"] <= 1 for item in items)


def test_the_model_is_described_in_numbers(diverged: httpx.Client):
    metrics = strict(diverged.get("/model"))["metrics"]

    assert metrics
    assert all(isinstance(value, float) for value in metrics.values())


@pytest.mark.parametrize("rating", [1, 5])
def test_five_hundred_equal_items_rated_equally(crowded: httpx.Client, user: str, rating: int):
    visitor = Visitor(crowded, user)
    visitor.tell(*({"item_id": f"same {n}", "rating": rating} for n in range(COUNT)))

    whole = strict(visitor.get("recommendations", limit=200, exclude_seen=False, explain=True))
    unseen = strict(visitor.get("recommendations", limit=200))

    assert whole["strategy"] == "adapted"
    genres = [item["attributes"]["genre"] for item in unseen["items"]]
    assert len(genres) == 60
    assert genres[:10] == [["comedy" if rating == 5 else "horror"]] * 10
    for item in whole["items"]:
        assert 1 <= item["score"] <= 5
        assert all(abs(reason["effect"]) <= 4 for reason in item["because"])
    asked = crowded.get("/onboarding/items", params={"user_id": user, "limit": 200})
    assert len(strict(asked)["items"]) == 60


def test_one_content_loved_and_hated_in_turn(crowded: httpx.Client, user: str):
    visitor = Visitor(crowded, user)
    visitor.tell(*({"item_id": f"same {n}", "rating": 1 + n % 2 * 4} for n in range(COUNT)))

    answer = strict(visitor.get("recommendations", limit=200, exclude_seen=False))

    scores = {item["item_id"]: item["score"] for item in answer["items"]}
    same = [score for item, score in scores.items() if item.startswith("same")]
    assert len(same) > 100
    assert all(2 < score < 4 for score in same)
