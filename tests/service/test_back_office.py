"""What the back office is told: training, onboarding, and what an import would change."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.service.visitors import assert_problem, ok


def report(client: httpx.Client) -> dict[str, Any]:
    told: dict[str, Any] = ok(client.get("/admin/onboarding"))
    return told


def grown(before: dict[str, Any], after: dict[str, Any]) -> dict[str, int]:
    return {name: after["answers"][name] - before["answers"][name] for name in after["answers"]}


def send(client: httpx.Client, user: str, *events: dict[str, Any]) -> None:
    ok(client.post(f"/users/{user}/feedback", json={"events": events}))


def test_the_card_tells_preset_and_training(client: httpx.Client):
    card = ok(client.get("/admin/model"))

    assert card["version"] == ok(client.get("/model"))["version"]
    assert card["preset"]["name"] == "default"
    assert card["preset"]["relevance"]["members"] >= 1
    training = card["training"]
    assert training["users"] > 100
    assert training["ratings"] > 1000
    assert {epoch["phase"] for epoch in training["epochs"]} == {"member 1 of 2", "member 2 of 2"}
    assert all(epoch["loss"] > 0 for epoch in training["relevance"])


def test_answers_to_questions_are_counted_by_what_they_say(client: httpx.Client, user: str):
    before = report(client)
    asked = {"source": "onboarding"}

    send(client, user, {"item_id": "1", "rating": 5, **asked}, {"item_id": "2", "action": "unseen"})
    send(client, user, {"item_id": "3", "action": "skip", **asked})
    send(client, user, {"shown": ["4", "5", "6"], "picked": ["4"]})
    send(client, user, {"preferred": "7", "over": "8"})

    assert grown(before, report(client)) == {"known": 2, "unseen": 3, "skipped": 1, "compared": 1}


def test_what_nobody_asked_about_and_retries_are_not_counted(client: httpx.Client, user: str):
    event = {"item_id": "9", "rating": 4, "at": "2026-01-01T00:00:00Z", "source": "onboarding"}
    send(client, user, event)
    before = report(client)

    send(client, user, event)
    send(client, user, {"item_id": "10", "rating": 4}, {"item_id": "11", "action": "skip"})

    assert grown(before, report(client)) == dict.fromkeys(before["answers"], 0)


def test_points_over_groups_are_one_answer(client: httpx.Client, user: str):
    groups = ok(client.get("/onboarding/items", params={"mode": "groups"}))["groups"]
    before = report(client)

    send(client, user, {"groups": {groups[0]["group_id"]: 2}})

    assert grown(before, report(client))["compared"] == 1


def test_calls_are_counted_by_the_answers_given_and_items_by_what_became_of_them(
    client: httpx.Client, user: str
):
    def calls() -> dict[str, int]:
        return {step["answers"]: step["calls"] for step in report(client)["steps"]}

    before = calls()
    first = ok(client.get("/onboarding/items", params={"user_id": user, "limit": 3}))["items"]
    item_id = first[0]["item_id"]
    send(client, user, {"item_id": item_id, "rating": 5, "source": "onboarding"})
    ok(client.get("/onboarding/items", params={"user_id": user, "limit": 3}))
    # Of nobody: a page that looks before it knows its visitor, or the back office itself.
    ok(client.get("/onboarding/items", params={"limit": 3}))
    after = calls()

    assert list(after) == [*map(str, range(10)), "10+"]
    assert {one: after[one] - before[one] for one in after if after[one] != before[one]} == {
        "0": 1,
        "1": 1,
    }
    counted = {one["item_id"]: one for one in report(client)["items"]}
    assert counted[item_id]["title"] == first[0]["title"]
    assert counted[item_id]["shown"] >= 1
    assert counted[item_id]["known"] >= 1


def test_prometheus_is_shown_no_item(client: httpx.Client, user: str):
    ok(client.get("/onboarding/items", params={"user_id": user, "limit": 3}))
    shown = client.get("/metrics").text

    assert 'melu_onboarding_calls_total{answers="0",enough="false"}' in shown
    assert "melu_onboarding_items" not in shown


ITEM = {"item_id": "tried-1", "title": "A Tried Night", "attributes": {"genre": ["comedy"]}}


def tried(client: httpx.Client, *items: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = ok(
        client.post("/items", params={"dry_run": "true"}, json={"items": items})
    )
    return told


def test_a_dry_run_tells_what_would_change_and_stores_nothing(client: httpx.Client):
    known = ok(client.get("/items/1"))
    other = known | {"title": "Other", "attributes": known["attributes"] | {"year": 1901}}

    told = tried(client, ITEM, known)
    again = tried(client, other)

    assert (told["created"], told["updated"]) == (1, 1)
    assert [(one["item_id"], one["change"]) for one in told["changes"]] == [
        ("tried-1", "new"),
        ("1", "same"),
    ]
    assert again["changes"][0]["change"] == "changed"
    assert again["changes"][0]["fields"] == ["title", "year"]
    assert_problem(client.get("/items/tried-1"), 404, "unknown_item")
    assert ok(client.get("/items/1")) == known


def test_a_dry_run_warns_of_values_that_training_never_saw(client: httpx.Client):
    told = tried(client, ITEM | {"attributes": {"colour": "mauve"}})

    assert len(told["changes"][0]["warnings"]) == 1
    assert told["changes"][0]["warnings"][0].startswith("colour:")


def test_a_dry_run_refuses_what_the_call_would_refuse(client: httpx.Client):
    items = [ITEM, ITEM | {"attributes": {"year": "soon"}}]
    answers = [
        client.post("/items", params={"dry_run": dry_run}, json={"items": items})
        for dry_run in ("true", "false")
    ]

    problems = [assert_problem(one, 422, "invalid_attribute") for one in answers]
    assert problems[0] == problems[1]
    assert problems[0]["errors"][0]["loc"] == ["body", "items", 1, "attributes", "year"]


@pytest.fixture
def added(client: httpx.Client) -> Iterator[list[str]]:
    ids = ["new night a", "new night b"]
    for item_id in ids:
        content = {"title": f"Brand {item_id}", "attributes": {"genre": ["horror"]}}
        ok(client.put(f"/items/{item_id}", json=content), 201)
    yield ids
    for item_id in ids:
        client.delete(f"/items/{item_id}")


def test_items_added_since_the_training_can_be_told_from_the_others(
    client: httpx.Client, added: list[str]
):
    first = ok(client.get("/items", params={"since_training": True, "limit": 1, "query": "brand"}))
    rest = {"since_training": True, "query": "brand", "cursor": first["next_cursor"]}
    found = first["items"] + ok(client.get("/items", params=rest))["items"]
    assert sorted(one["item_id"] for one in found) == added

    put_again = ok(client.get("/items/3"))
    ok(client.put("/items/3", json={"title": put_again["title"], "attributes": {}}))
    everything = ok(client.get("/items", params={"since_training": True, "limit": 200}))["items"]
    ok(client.put("/items/3", json={name: put_again[name] for name in ("title", "attributes")}))

    assert "3" not in {one["item_id"] for one in everything}
    filtered = {"since_training": True, "filter": "genre:comedy", "query": "brand"}
    assert ok(client.get("/items", params=filtered))["items"] == []
