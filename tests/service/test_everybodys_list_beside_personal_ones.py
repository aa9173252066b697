"""The candidate `prior`: some users get the list of everybody, whatever they answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services.arms.dealing import Dealing
from tests.running import Service
from tests.service.arms import COMPARING, SALT, dealt
from tests.service.visitors import Visitor, ok


@pytest.fixture(scope="module")
def compared(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One that every test leaves running; the last one restarts it."""
    environment = COMPARING | {"MELU_CANDIDATE": "prior"}
    service = Service(bundle, tmp_path_factory.mktemp("prior"), environment).start()
    yield service
    service.stop()


def test_the_list_of_everybody_without_what_the_user_has_seen(compared: Service, user: str):
    with compared.client() as client:
        unknown = Visitor(client, dealt(f"unknown {user}", "candidate"))
        everybodys = unknown.recommended(limit=200)
        visitor = Visitor(client, dealt(user, "candidate"))
        ok(visitor.put({"city": "Rome", "age": 30}), 201)
        visitor.rate({0: 1, 1: 1, 30: 5, 31: 5})

        answer = visitor.recommendations(limit=200, explain=True)

        listed = [item["item_id"] for item in answer["items"]]
        assert listed == [one for one in everybodys if one not in {"0", "1", "30", "31"}]
        assert answer["arm"] == "candidate"
        assert answer["strategy"] == "prior"
        assert answer["support_size"] == answer["local_steps"] == 0
        assert {item["lift"] for item in answer["items"]} == {0}
        assert answer["items"][0]["because"] == []


def test_others_get_their_own(compared: Service, user: str):
    with compared.client() as client:
        visitor = Visitor(client, dealt(user, "current"))
        everybodys = visitor.recommended(limit=200)
        visitor.rate({0: 1, 1: 1, 30: 5, 31: 5})

        answer = visitor.recommendations(limit=200)

        assert answer["arm"] == "current"
        assert answer["strategy"] == "adapted"
        assert [item["item_id"] for item in answer["items"]] != [
            one for one in everybodys if one not in {"0", "1", "30", "31"}
        ]


def test_both_are_asked_alike(compared: Service, user: str):
    asked = {}
    with compared.client() as client:
        for arm in ("current", "candidate"):
            visitor = Visitor(client, dealt(user, arm))
            visitor.rate({0: 5, 30: 1})
            asked[arm] = visitor.asked() | {"arm": None}

    assert asked["current"] == asked["candidate"]
    assert asked["current"]["progress"]["answers"] == 2


def test_a_list_that_both_arms_could_have_made_counts_for_the_one_that_did(
    compared: Service, user: str
):
    with compared.client() as client:
        lists = {}
        for arm in ("current", "candidate"):
            visitor = Visitor(client, dealt(user, arm))
            visitor.rate({0: 5})
            page = visitor.recommendations(limit=3)
            liked = {"item_id": page["items"][0]["item_id"], "rating": 5}
            lists[arm] = visitor.tell(liked | {"list_id": page["list_id"]})["attributed"]

    assert lists == {"current": 1, "candidate": 1}


def test_after_a_restart_with_a_larger_share_arms_stay_and_answers_are_others(
    compared: Service, user: str
):
    larger = Dealing(0.75, SALT)
    some = (dealt(f"{number} {user}", "current") for number in range(100))
    stays = next(one for one in some if not larger.of(one).is_candidates)
    visitors = {"current": stays, "candidate": dealt(user, "candidate")}

    def answers() -> dict[str, tuple[str, str, str]]:
        found = {}
        with compared.client() as client:
            for arm, name in visitors.items():
                answer = Visitor(client, name).get("recommendations", limit=5)
                told = ok(answer)
                found[arm] = (told["arm"], told["list_id"], answer.headers["etag"])
        return found

    with compared.client() as client:
        for name in visitors.values():
            Visitor(client, name).rate({0: 5, 30: 1})
    before = answers()
    compared.stop()
    compared.environment["MELU_CANDIDATE_SHARE"] = "0.75"
    compared.start()
    after = answers()

    for arm in ("current", "candidate"):
        assert before[arm][0] == after[arm][0] == arm
        assert after[arm][1] != before[arm][1]
        assert after[arm][2] != before[arm][2]
