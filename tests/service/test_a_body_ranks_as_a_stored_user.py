"""`POST /recommendations` answers for any body what a user with the same feedback gets."""

from random import Random

import pytest

from tests.service.bodies import ITEMS, ONLY_OF_STORED, ORDERS, ranked
from tests.service.visitors import Json, NewVisitor, ok

USERS = 200


def some_event(random: Random, groups: list[str]) -> dict[str, Json]:
    """An event of any kind, that may be on any item."""
    item, other = random.sample(ITEMS, 2)
    event: dict[str, Json] = {"item_id": item}
    match random.randrange(8):
        case 0 | 1:
            event["rating"] = random.randint(2, 10) / 2
        case 2 | 3:
            event["action"] = random.choice(["like", "dislike", "click", "skip", "unseen"])
        case 4:
            shown = random.sample(ITEMS, random.randint(1, 8))
            event = {"shown": shown, "picked": random.sample(shown, random.randint(0, len(shown)))}
        case 5:
            event = {"preferred": item, "over": other}
        case 6:
            points = {one: random.randint(0, 4) for one in random.sample(groups, 2)}
            event = {"groups": points | {groups[0]: 1.5}}
        case 7:
            event |= {"rating": random.randint(1, 5), "source": "onboarding"}
    if "item_id" in event and random.random() < 0.4:
        event["weight"] = random.choice([0.5, 2, 30])
    if random.random() < 0.6:
        # Few times, so that some are equal, and one that is still to come.
        event["at"] = f"{random.choice([2001, 2002, 2003, 2999])}-01-01T00:00:00Z"
    if random.random() < 0.2:
        event["event_id"] = f"e{random.randrange(3)}"
    return event


def some_parameters(random: Random) -> dict[str, Json]:
    parameters: dict[str, Json] = {
        "limit": random.choice([1, 20, 60, 200]),
        "exclude_seen": random.random() < 0.7,
        "explain": random.random() < 0.3,
    }
    if (order := random.choice(ORDERS)) is not None:
        parameters["order"] = order
    if random.random() < 0.3:
        parameters["diversity"] = random.choice([0.2, 1])
    if random.random() < 0.3:
        parameters["filter"] = ["genre:comedy", "year:1950..1990"]
    if random.random() < 0.3:
        parameters["exclude"] = random.sample(ITEMS, 5)
    return parameters


@pytest.mark.parametrize("part", range(4))
def test_the_answer_is_that_for_a_stored_user(new_visitor: NewVisitor, part: int):
    groups = [one["group_id"] for one in new_visitor("nobody").asked(mode="groups")["groups"]]
    told = {"adapted": 0, "prior": 0, "because": 0, "warnings": 0}
    for number in range(part * USERS // 4, (part + 1) * USERS // 4):
        random, visitor = Random(number), new_visitor(f"user {number}")
        events = [some_event(random, groups) for _ in range(random.choice([0, 1, 2, 5, 15, 40]))]
        attributes = {
            "age": random.randint(5, 80),
            "city": random.choice(["Rome", "Nowhere", None]),
        }
        parameters = some_parameters(random)
        put = ok(visitor.put(attributes), 201)
        if events:
            visitor.tell(*events)

        stored = visitor.recommendations(**parameters)
        answer = ranked(visitor.client, feedback=events, attributes=attributes, **parameters)

        assert answer["items"] == stored["items"], number
        assert answer["warnings"] == put["warnings"]
        assert answer.keys() == (stored.keys() - ONLY_OF_STORED) | {"warnings"}
        for name in ("strategy", "support_size", "local_steps", "model_version"):
            assert answer[name] == stored[name], name
        told[answer["strategy"]] += 1
        told["because"] += sum(bool(item["because"]) for item in answer["items"])
        told["warnings"] += bool(answer["warnings"])
    assert all(told.values()), told
