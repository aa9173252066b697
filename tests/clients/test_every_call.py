"""Each call of each client against a running service."""

import inspect
from uuid import uuid4

import pytest
from melu_client import AsyncMelu, Melu

from tests.access.credentials import KEY, OTHER_KEY
from tests.clients.drivers import CallError, Driver, JavaScriptDriver
from tests.running import Service

OF_THE_QUEUE = {"queue_feedback", "queued_feedback", "flush"}
OF_BULK = {"import_items"}


def public(client: type) -> set[str]:
    found = inspect.getmembers(client, inspect.isfunction)
    return {name for name, _ in found if not name.startswith("_")} - {"close"}


def test_the_clients_have_the_same_calls(javascript: JavaScriptDriver):
    assert public(Melu) == public(AsyncMelu)
    assert set(javascript.calls()) - OF_THE_QUEUE == public(Melu) - OF_BULK


def test_a_sign_up(melu: Driver, user: str):
    assert melu.call("recommendations", user_id=user)["strategy"] == "prior"
    profile = melu.call("put_user", user_id=user, attributes={"age": 25, "city": "Rome"})
    asked = melu.call("onboarding", user_id=user, limit=3)
    events = [{"item_id": one["item_id"], "rating": 5} for one in asked["items"]]
    told = melu.call("send_feedback", user_id=user, events=events)
    ranked = melu.call("recommendations", user_id=user, limit=5, explain=True)

    assert profile["warnings"] == []
    assert (told["accepted"], told["ignored"]) == (3, 0)
    assert ranked["strategy"] == "adapted"
    assert len(ranked["items"]) == 5
    assert ranked["items"][0]["because"]
    assert melu.call("user", user_id=user)["support_size"] == 3


def test_each_way_of_asking_and_of_answering(melu: Driver, user: str):
    grid = melu.call("onboarding", user_id=user, mode="grid", limit=4)["items"]
    shown = [one["item_id"] for one in grid]
    pair = [one["item_id"] for one in melu.call("onboarding", mode="pair")["items"]]
    groups = [one["group_id"] for one in melu.call("onboarding", mode="groups")["groups"]]
    near = melu.call("onboarding", near=shown[0], exclude=shown, strategy="adaptive")["items"]
    events = [
        {"shown": shown, "picked": shown[:1]},
        {"preferred": pair[0], "over": pair[1]},
        {"groups": {groups[0]: 2}},
    ]

    told = melu.call("send_feedback", user_id=user, events=events)

    assert told["accepted"] == len(shown) + 1 + len(groups)
    assert {one["item_id"] for one in near}.isdisjoint(shown)
    stored = melu.call("all_feedback", user_id=user, limit=2)
    assert len(stored) == told["accepted"]
    melu.call("delete_pair", user_id=user, preferred=pair[1], over=pair[0])
    melu.call("delete_group", user_id=user, group_id=groups[0])
    melu.call("delete_feedback", user_id=user, item_id=shown[0])
    assert len(melu.call("all_feedback", user_id=user)) == len(stored) - 3


def test_a_single_event_is_a_list_of_one(melu: Driver, user: str):
    told = melu.call("send_feedback", user_id=user, events={"item_id": "5", "action": "like"})

    assert told["accepted"] == 1
    page = melu.call("feedback", user_id=user, limit=1)
    assert page["items"][0]["action"] == "like"
    assert page["next_cursor"] is None


def test_ids_of_odd_signs_reach_the_service_as_they_are(melu: Driver, user: str):
    item_id = f"?#%2e {uuid4()} é+&"
    melu.call("put_item", item_id=item_id, content={"title": "Odd", "attributes": {}})
    try:
        melu.call("send_feedback", user_id=f"{user}%?#", events=[{"item_id": item_id, "rating": 4}])
        assert melu.call("item", item_id=item_id)["item_id"] == item_id
        (kept,) = melu.call("all_feedback", user_id=f"{user}%?#")
        assert kept["item_id"] == item_id
        melu.call("delete_feedback", user_id=f"{user}%?#", item_id=item_id)
    finally:
        melu.call("delete_item", item_id=item_id)


@pytest.mark.parametrize("steps", ["", ".", ".."])
def test_steps_in_a_path_are_no_ids(melu: Driver, user: str, steps: str):
    melu.call("send_feedback", user_id=user, events=[{"item_id": "5", "rating": 4}])

    # Resolved, this would erase the user.
    with pytest.raises(CallError) as failed:
        melu.call("delete_feedback", user_id=user, item_id=steps)

    assert failed.value.name in ("TypeError", "ValueError")
    assert melu.call("user", user_id=user)["support_size"] == 1


def test_the_catalogue(melu: Driver):
    new = [f"{word} {uuid4()}" for word in ("a", "b", "c")]
    made = melu.call("put_item", item_id=new[0], content={"title": "Zyx one", "attributes": {}})
    many = [{"item_id": one, "title": f"Zyx {one[:1]}", "attributes": {}} for one in new[1:]]

    assert made["title"] == "Zyx one"
    assert melu.call("put_items", items=many) == {"created": 2, "updated": 0}
    found = melu.call("all_items", query="zyx", limit=1)
    assert {one["item_id"] for one in found} == set(new)
    assert len(melu.call("items", query="zyx", limit=2)["items"]) == 2
    for item_id in new:
        melu.call("delete_item", item_id=item_id)
    assert melu.call("all_items", query="zyx") == []


def test_a_dry_run_tells_what_would_change_and_stores_nothing(melu: Driver):
    known = melu.call("item", item_id="5")
    new = {"item_id": f"d {uuid4()}", "title": "Tried", "attributes": {}}

    told = melu.call("put_items", items=[new, known], dry_run=True)
    other = melu.call("put_items", items=[known | {"title": "Other"}], dry_run=True)

    assert (told["created"], told["updated"]) == (1, 1)
    assert [one["change"] for one in told["changes"]] == ["new", "same"]
    assert [(one["change"], one["fields"]) for one in other["changes"]] == [("changed", ["title"])]
    with pytest.raises(CallError) as unknown:
        melu.call("item", item_id=new["item_id"])
    assert unknown.value.code == "unknown_item"
    assert melu.call("item", item_id="5") == known


def test_items_since_the_training(melu: Driver):
    item_id = f"s {uuid4()}"
    melu.call("put_item", item_id=item_id, content={"title": "Qwv since", "attributes": {}})
    try:
        found = melu.call("all_items", query="qwv", since_training=True)
    finally:
        melu.call("delete_item", item_id=item_id)

    assert [one["item_id"] for one in found] == [item_id]
    known = melu.call("item", item_id="5")["title"]
    assert "5" in {one["item_id"] for one in melu.call("all_items", query=known)}
    since = melu.call("all_items", query=known, since_training=True)
    assert "5" not in {one["item_id"] for one in since}


def test_a_ranking_for_what_the_body_tells(melu: Driver):
    request = {
        "feedback": [{"item_id": "5", "rating": 5}],
        "attributes": {"age": 25},
        "candidates": ["1", "2", "40"],
    }

    ranked = melu.call("unstored_recommendations", request=request)

    assert ranked["support_size"] == 1
    assert {one["item_id"] for one in ranked["items"]} == {"1", "2", "40"}
    assert ranked == melu.call("unstored_recommendations", request=request)


def test_a_visitor_becomes_a_user_and_goes(melu: Driver, user: str):
    visitor = f"v {uuid4()}"
    melu.call("send_feedback", user_id=visitor, events=[{"item_id": "5", "rating": 5}])

    merged = melu.call("merge_user", user_id=user, from_user_id=visitor)

    assert merged["accepted"] == 1
    melu.call("delete_user", user_id=user)
    with pytest.raises(CallError) as gone:
        melu.call("user", user_id=user)
    assert gone.value.code == "unknown_user"


def test_the_model(melu: Driver):
    model = melu.call("model")

    assert model["rating_scale"] == [1, 5]
    assert model["orders"][0] == "relevance"


def test_what_the_back_office_shows_and_does(driver: Driver, guarded: Service, user: str):
    driver.make(guarded.url, token=KEY)
    version = driver.call("model")["version"]
    before = driver.call("onboarding_report")
    asked = driver.call("onboarding", user_id=user, limit=1)["items"][0]
    event = {"item_id": asked["item_id"], "rating": 5, "source": "onboarding"}
    driver.call("send_feedback", user_id=user, events=[event])

    card = driver.call("model_card")
    after = driver.call("onboarding_report")
    reloaded = driver.call("reload_model")

    assert card["version"] == version
    assert card["preset"]["name"] == "default"
    assert card["training"]["users"] > 100
    assert after["answers"]["known"] == before["answers"]["known"] + 1
    assert asked["item_id"] in {one["item_id"] for one in after["items"]}
    assert reloaded["version"] == reloaded["previous_version"] == version


@pytest.mark.parametrize("name", ["model_card", "onboarding_report", "reload_model"])
def test_the_back_offices_calls_need_a_server_key(
    driver: Driver, guarded: Service, user: str, name: str
):
    driver.make(guarded.url, token=KEY)
    driver.make(guarded.url, token=driver.call("user_token", user_id=user)["token"])

    with pytest.raises(CallError) as refused:
        driver.call(name)

    assert (refused.value.status, refused.value.code) == (403, "forbidden")


def test_pages_of_a_ranking_are_gone_through(melu: Driver, user: str):
    melu.call("send_feedback", user_id=user, events=[{"item_id": "5", "rating": 5}])

    gone_through = melu.call("all_recommendations", user_id=user, limit=7, filter=["genre:comedy"])

    whole = melu.call("recommendations", user_id=user, limit=200, filter=["genre:comedy"])
    assert len(whole["items"]) > 20
    assert [one["item_id"] for one in gone_through] == [one["item_id"] for one in whole["items"]]
    assert [one["rank"] for one in gone_through] == [*range(1, len(gone_through) + 1)]


def test_a_token_for_a_browser(driver: Driver, guarded: Service, user: str):
    driver.make(guarded.url, token=KEY)
    token = driver.call("user_token", user_id=user)["token"]

    driver.make(guarded.url, token=token)

    assert driver.call("recommendations", user_id=user)["strategy"] == "prior"
    with pytest.raises(CallError) as refused:
        driver.call("recommendations", user_id=f"not {user}")
    assert (refused.value.status, refused.value.code) == (403, "forbidden")


def test_a_refused_token_is_renewed_once(driver: Driver, guarded: Service, user: str):
    driver.make(guarded.url, tokens=["an old token", OTHER_KEY])

    for _ in range(3):
        assert driver.call("recommendations", user_id=user)["strategy"] == "prior"

    assert driver.tokens_asked_for() == [user, user]


def test_a_token_for_nobody_in_particular(driver: Driver, guarded: Service):
    driver.make(guarded.url, tokens=[OTHER_KEY])

    for _ in range(2):
        assert driver.call("items", limit=1)["items"]

    assert driver.tokens_asked_for() == [None]


def test_many_calls_at_once_renew_a_token_once(driver: Driver, guarded: Service, user: str):
    driver.make(guarded.url, tokens=["an old token", OTHER_KEY])

    answers = driver.calls_at_once(8, "recommendations", user_id=user)

    assert [one["strategy"] for one in answers] == ["prior"] * 8
    assert driver.tokens_asked_for() == [user, user]


def test_a_token_that_stays_refused_is_an_error(driver: Driver, guarded: Service, user: str):
    driver.make(guarded.url, tokens=["an old token", "another one"])

    with pytest.raises(CallError) as refused:
        driver.call("recommendations", user_id=user)

    assert (refused.value.status, refused.value.code) == (401, "unauthorised")
    assert driver.tokens_asked_for() == [user, user]
