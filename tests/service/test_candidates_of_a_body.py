"""`candidates` and `exclude` of `POST /recommendations`: what is ranked, and what is not."""

from pathlib import Path
from random import Random

import httpx
import pytest

from app.schemas.values import MAX_NAMED
from model.bundle.bundle import load_bundle
from model.ranking.first_stage import EXACT_AMONG
from scripts.benchmark.grown import write_grown
from tests.running import Service
from tests.service.bodies import ITEMS, LIKED, ORDERS, PATH, ids, ranked
from tests.service.visitors import assert_problem, ok


@pytest.mark.parametrize("order", ORDERS[1:])
def test_candidates_are_ranked_and_nothing_else(client: httpx.Client, order: str):
    random = Random(order)
    body = {"feedback": LIKED, "order": order, "exclude_seen": False}
    everything = {item["item_id"]: item for item in ranked(client, **body, limit=200)["items"]}
    for count in (1, 2, 17, 60):
        candidates = random.sample(ITEMS, count)

        answer = ranked(client, **body, limit=MAX_NAMED, candidates=candidates * 2)

        chosen = [item for item_id, item in everything.items() if item_id in candidates]
        assert answer["items"] == [item | {"rank": at + 1} for at, item in enumerate(chosen)]
        top = ranked(client, **body, limit=3, candidates=candidates)
        assert top["items"] == answer["items"][:3]


def test_what_is_left_out_is_left_out_of_the_candidates(client: httpx.Client):
    body = {"feedback": LIKED, "candidates": ["0", "2", "3", "30", "31"]}

    assert set(ids(ranked(client, **body))) == {"2", "3", "30", "31"}
    assert set(ids(ranked(client, **body, exclude=["3"]))) == {"2", "30", "31"}
    assert set(ids(ranked(client, **body, filter=["genre:horror"]))) == {"30", "31"}
    assert set(ids(ranked(client, **body, exclude_seen=False))) == set(body["candidates"])
    assert set(ids(ranked(client, **body, explore=1, diversity=1))) == {"2", "3", "30", "31"}
    for explore in (0, 1):
        nothing = ranked(client, feedback=LIKED, candidates=[], explore=explore, explain=True)
        assert (nothing["strategy"], nothing["items"]) == ("adapted", [])


def test_candidates_that_do_not_exist_are_named(client: httpx.Client):
    names = ["0", *(f"gone {number}" for number in range(30))]

    problem = assert_problem(client.post(PATH, json={"candidates": names}), 422, "unknown_item")

    assert "'gone 0', and 29 more" in problem["detail"]
    assert [one["loc"] for one in problem["errors"]] == [
        ["body", "candidates", place] for place in range(1, 21)
    ]
    one = assert_problem(client.post(PATH, json={"candidates": ["x", "0"]}), 422, "unknown_item")
    assert "more" not in one["detail"]


def test_thousands_may_be_excluded_whether_they_exist_or_not(client: httpx.Client):
    excluded = [f"{number:036}" for number in range(MAX_NAMED - 58)] + ITEMS[:58]

    assert set(ids(ranked(client, exclude=excluded, limit=200))) >= {"58", "59"}
    assert set(ids(ranked(client, exclude=excluded, candidates=ITEMS))) == {"58", "59"}
    for name in ("exclude", "candidates"):
        assert_problem(client.post(PATH, json={name: [*excluded, "0"]}), 422, "invalid_body")


def test_all_candidates_of_a_large_catalogue_are_weighed(bundle: Path, tmp_path: Path):
    write_grown(load_bundle(bundle), bundle, 3000, 0, tmp_path / "model")
    service = Service(tmp_path / "model", tmp_path / "service").start()
    try:
        with service.client() as client:
            pages = [ok(client.get("/items", params={"limit": 200}))]
            while pages[-1]["next_cursor"]:
                parameters = {"limit": 200, "cursor": pages[-1]["next_cursor"]}
                pages.append(ok(client.get("/items", params=parameters)))
            names = [item for page in pages for item in ids(page)]
            assert len(names) == 3000
            body = {"feedback": [{"item_id": names[0], "rating": 5}], "candidates": names[:2500]}
            for order, field in (("relevance", "relevance"), ("rating", "score"), ("lift", "lift")):
                whole = ranked(client, **body, order=order, limit=MAX_NAMED)["items"]
                assert {item["item_id"] for item in whole} == set(names[1:2500])
                values = [item[field] for item in whole]
                assert values == sorted(values, reverse=True)
                assert ranked(client, **body, order=order)["items"] == whole[:20]
    finally:
        service.stop()
    assert MAX_NAMED <= EXACT_AMONG
