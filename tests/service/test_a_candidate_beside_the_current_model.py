"""Half the users get a candidate of another preset; what they make of their lists is counted."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import redis

from app.services.arms.served_lists import LISTS_A_DAY
from tests.running import Service, run_melu
from tests.service.arms import COMPARING, dealt
from tests.service.test_erasing_a_user import everything_in
from tests.service.test_metrics import numbers
from tests.service.visitors import Json, Visitor, assert_problem, ok

ARMS = ("current", "candidate")


@pytest.fixture(scope="module")
def comparing(
    bundle_of: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """The default preset for one half of the users, the paper's for the other, on two workers."""
    environment = COMPARING | {"MELU_CANDIDATE": str(bundle_of("melu"))}
    folder = tmp_path_factory.mktemp("comparing")
    service = Service(bundle_of("default"), folder, environment, ("--workers", "2")).start()
    yield service
    service.stop()


@pytest.fixture
def client(comparing: Service) -> Iterator[httpx.Client]:
    with comparing.client() as http:
        yield http


@pytest.fixture(params=ARMS)
def arm(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def one_of(client: httpx.Client, user: str) -> Callable[[str], Visitor]:
    return lambda arm: Visitor(client, dealt(user, arm))


def compared(service: Service, folder: Path) -> Json:
    """What `melu compare` writes."""
    file = folder / "compared.json"
    done = run_melu(
        *("compare", "--json", str(file)), MELU_STORE_FOLDER=str(service.folder / "store")
    )
    assert done.returncode == 0, done.stderr
    return json.loads(file.read_text()) | {"told": done.stdout}


def counts(store: redis.Redis, arm: str) -> dict[str, int]:
    """What was counted of an arm, over all groups and days."""
    found: dict[str, int] = {}
    for key in store.scan_iter("melu:arms:*"):
        for name, value in store.hgetall(key).items():
            _, *where = name.split(":")
            if where and where[0] == arm:
                found[where[2]] = found.get(where[2], 0) + int(value)
    return found


def grown(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: n - before.get(name, 0) for name, n in after.items() if n != before.get(name)}


def test_one_user_counts_for_so_many_lists_a_day(
    comparing: Service, one_of: Callable[[str], Visitor], arm: str
):
    workers, visitor = 2, one_of(arm)
    with comparing.store() as store:
        before = counts(store, arm)
        for turn in range(3):
            # Who is erased and comes back is not counted anew.
            visitor.client.delete(visitor.path)
            visitor.rate({0: 5})
            for number in range(LISTS_A_DAY):
                visitor.recommendations(limit=1, exclude=f"none {turn} {number}")
        counted = grown(before, counts(store, arm))["lists"]
        assert LISTS_A_DAY <= counted <= workers * LISTS_A_DAY

        before = counts(store, arm)
        other = Visitor(visitor.client, dealt(f"other {visitor.user_id}"[:100], arm))
        other.rate({0: 5})
        other.recommendations(limit=1)
        assert grown(before, counts(store, arm)) == {"lists": 1}


PRESETS = {"current": "default", "candidate": "melu"}


def test_each_answer_tells_who_made_it(one_of: Callable[[str], Visitor], arm: str):
    visitor = one_of(arm)
    unknown = visitor.recommendations(limit=5)
    asked = visitor.asked()
    visitor.rate({0: 5, 30: 1})
    known = visitor.get("recommendations", limit=5)
    tag = {"If-None-Match": known.headers["etag"]}
    again = visitor.client.get(f"{visitor.path}/recommendations?limit=5", headers=tag)

    answers = [unknown, asked, ok(known)]
    assert [one["arm"] for one in answers] == [arm] * 3
    assert PRESETS[arm] in {part for one in answers for part in one["model_version"].split("-")}
    assert len({one["model_version"] for one in answers}) == 1
    assert (known.json()["items"][0]["relevance"] is None) == (arm == "candidate")
    assert again.status_code == 304


def test_without_a_user_it_is_the_current_model(client: httpx.Client):
    answers = [ok(client.post("/recommendations", json={})), ok(client.get("/onboarding/items"))]

    assert [one["arm"] for one in answers] == ["current"] * 2
    assert ok(client.get("/model"))["version"] == answers[0]["model_version"]


def test_unknown_users_of_both_arms_share_no_answer(client: httpx.Client, user: str):
    lists = {}
    for number in range(3):
        for arm in ARMS:
            found = Visitor(client, dealt(f"{number} {user}", arm)).recommendations()
            assert found["arm"] == arm
            lists.setdefault(arm, set()).add(found["list_id"])

    assert [len(lists[arm]) for arm in ARMS] == [1, 1]
    assert lists["current"].isdisjoint(lists["candidate"])


def test_feedback_counts_for_the_list_that_it_names(
    comparing: Service, one_of: Callable[[str], Visitor], arm: str
):
    visitor = one_of(arm)
    visitor.rate({0: 5, 30: 1})
    with comparing.store() as store:
        before, other = counts(store, arm), next(a for a in ARMS if a != arm)
        others_before = counts(store, other)
        page = visitor.recommendations(limit=4)
        visitor.recommendations(limit=4)
        shown = [item["item_id"] for item in page["items"]]
        named = {"list_id": page["list_id"]}
        events = [
            named | {"item_id": shown[0], "rating": 2, "event_id": "one"},
            named | {"item_id": shown[1], "action": "like", "event_id": "two"},
            named | {"item_id": shown[2], "action": "unseen"},
            {"item_id": shown[3], "rating": 4},
        ]
        told = visitor.tell(*events)
        again = visitor.tell(*events)

        assert (told["attributed"], again["attributed"]) == (3, 3)
        assert again["accepted"] == 0
        assert grown(before, counts(store, arm)) == {
            "lists": 1,
            "accepted": 1,
            "answers": 3,
            "likes": 1,
            "ratings": 1,
            "thousandths": 2000,
        }
        # The same thought better of: one more liked item, of a list accepted before.
        visitor.tell(named | {"item_id": shown[0], "rating": 5})
        assert grown(before, counts(store, arm))["likes"] == 2
        assert grown(before, counts(store, arm))["accepted"] == 1
        assert grown(before, counts(store, arm))["answers"] == 3
        assert counts(store, other) == others_before


def test_what_was_not_shown_to_this_user_does_not_count(
    comparing: Service, one_of: Callable[[str], Visitor], user: str
):
    visitor = one_of("candidate")
    visitor.rate({0: 5})
    first = visitor.recommendations(limit=2)
    shown = {item["item_id"] for item in first["items"]}
    later = ok(visitor.get("recommendations", limit=2, cursor=first["next_cursor"]))
    unshown = next(str(i) for i in range(60) if str(i) not in {"0", *shown})
    stranger = Visitor(visitor.client, dealt(f"stranger {user}", "candidate"))
    named = {"list_id": first["list_id"]}

    assert visitor.tell(named | {"item_id": "59", "rating": 3})["attributed"] == ("59" in shown)
    assert visitor.tell({"list_id": "0" * 24, "item_id": unshown, "rating": 3})["attributed"] == 0
    assert stranger.tell(named | {"item_id": min(shown), "rating": 5})["attributed"] == 0
    # A further page was shown.
    page = {item["item_id"] for item in later["items"]} - {"59"}
    assert visitor.tell(named | {"item_id": min(page), "rating": 5})["attributed"] == 1


def test_nothing_is_kept_of_a_user_who_has_said_nothing(
    comparing: Service, one_of: Callable[[str], Visitor], arm: str
):
    visitor = one_of(arm)
    with comparing.store() as store:
        before = counts(store, arm)
        page = visitor.recommendations()
        told = visitor.tell(
            {"item_id": page["items"][0]["item_id"], "rating": 5, "list_id": page["list_id"]}
        )
        assert told["attributed"] == 0
        assert counts(store, arm) == before


def test_what_the_candidate_cannot_do_the_current_model_does_and_it_does_not_count(
    comparing: Service, one_of: Callable[[str], Visitor], arm: str
):
    visitor = one_of(arm)
    visitor.rate({0: 5, 1: 5, 30: 1})
    with comparing.store() as store:
        before = [counts(store, one) for one in ARMS]
        for parameters in ({"order": "lift"}, {"order": "relevance"}, {"explore": 0.2}):
            assert visitor.recommendations(**parameters)["arm"] == "current"
        assert [counts(store, one) for one in ARMS] == before
    groups = visitor.asked(mode="groups")
    assert groups["arm"] == "current"
    assert visitor.tell({"groups": {groups["groups"][0]["group_id"]: 2}})["accepted"] > 0
    assert visitor.recommendations(order="rating")["arm"] == arm


def test_items_put_and_deleted_are_those_of_both(
    one_of: Callable[[str], Visitor], arm: str, client: httpx.Client
):
    visitor = one_of(arm)
    visitor.rate({0: 5, 30: 1})
    body = {"title": "A new comedy", "attributes": {"genre": ["comedy"]}}
    ok(client.put(f"/items/new-of-{arm}", json=body), 201)
    assert client.delete("/items/7").status_code in (204, 404)

    listed = visitor.recommended(limit=200)

    assert f"new-of-{arm}" in listed
    assert "7" not in listed


def test_an_erased_user_is_in_nothing_that_is_kept(
    comparing: Service, one_of: Callable[[str], Visitor], arm: str
):
    visitor = one_of(arm)
    visitor.rate({0: 5, 30: 1})
    page = visitor.recommendations(limit=3)
    visitor.tell({"item_id": page["items"][0]["item_id"], "rating": 5, "list_id": page["list_id"]})
    with comparing.store() as store:
        counted = counts(store, arm)
        assert visitor.user_id in everything_in(store)
        assert visitor.client.delete(visitor.path).status_code == 204
        assert visitor.user_id not in everything_in(store)
        assert page["list_id"] not in everything_in(store)
        assert counts(store, arm) == counted


def test_prometheus_is_told_and_nobody_named(
    comparing: Service, one_of: Callable[[str], Visitor], arm: str
):
    visitor = one_of(arm)
    visitor.rate({0: 5, 30: 1})
    before = numbers(visitor.client)
    page = visitor.recommendations(limit=3)
    for item in page["items"]:
        visitor.tell({"item_id": item["item_id"], "rating": 5, "list_id": page["list_id"]})
    after = numbers(visitor.client)

    names = [f"melu_arm_{what}_total arm={arm}" for what in ("lists", "answers", "likes")]
    assert [after[name] - before.get(name, 0) for name in names] == [1, 3, 3]
    name = f"melu_arm_lists_accepted_total arm={arm}"
    assert after[name] - before.get(name, 0) == 1
    assert visitor.user_id not in visitor.client.get("/metrics").text
    assert visitor.user_id not in comparing.log


def test_the_command_tells_both_arms(
    comparing: Service, one_of: Callable[[str], Visitor], tmp_path: Path
):
    for arm in ARMS:
        visitor = one_of(arm)
        visitor.rate({0: 5, 30: 1})
        visitor.recommendations(limit=3)
    with comparing.store() as store:
        expected = {arm: counts(store, arm) for arm in ARMS}

    found = compared(comparing, tmp_path)

    assert [found["counts"][arm]["lists"] for arm in ARMS] == [
        expected[arm]["lists"] for arm in ARMS
    ]
    assert found["verdict"] == "too_little"
    assert "Too little to tell" in found["told"]
    assert "melu" in found["candidate"]
    with comparing.client() as http:
        assert ok(http.get("/readyz"))["candidate"] == found["candidate"]


def test_a_list_id_of_another_form_is_refused(one_of: Callable[[str], Visitor]):
    visitor = one_of("current")

    for wrong in ("", "A" * 24, "0" * 25, 7):
        event = {"item_id": "0", "rating": 5, "list_id": wrong}
        assert_problem(visitor.post({"events": [event]}), 422, "invalid_body")
    pair = {"preferred": "0", "over": "1", "list_id": "0" * 24}
    assert_problem(visitor.post({"events": [pair]}), 422, "invalid_body")


def test_with_nothing_to_compare_nothing_is_told_or_kept(service: Service, user: str):
    with service.client() as http, service.store() as store:
        visitor = Visitor(http, user)
        visitor.rate({0: 5})
        page = visitor.recommendations()
        told = visitor.tell({"item_id": "1", "rating": 5, "list_id": page["list_id"]})

        assert "arm" not in page
        assert "arm" not in visitor.asked()
        assert "attributed" not in told
        assert "candidate" not in ok(http.get("/readyz"))
        assert list(store.scan_iter("melu:arms:*")) == []
        assert list(store.scan_iter("melu:lists:*:served")) == []
