"""A user who is erased while others read, write and merge leaves nothing behind."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import redis

from tests.running import Service
from tests.service.test_erasing_a_user import everything_in
from tests.service.visitors import NewVisitor, Visitor, ok

ROUNDS = 6


def logs_of(store: redis.Redis) -> str:
    """What the server noted of slow or large commands."""
    kinds = ("slow", "large-request", "large-reply")
    return "\n".join(repr(store.execute_command("COMMANDLOG", "GET", -1, kind)) for kind in kinds)


def keep_busy(service: Service, user: Visitor, other: Visitor, number: int, stop: Event) -> int:
    """Write to, read, merge and erase two users until told to stop; return how often."""
    turns = 0
    with service.client() as http:
        user, other = Visitor(http, user.user_id), Visitor(http, other.user_id)
        while not stop.is_set():
            turns += 1
            item = (number * 17 + turns) % 60
            user.rate({item: 1 + turns % 5})
            other.rate({item: 1 + turns % 5})
            user.recommendations(limit=1 + turns % 5)
            user.onboarding()
            if turns % 3 == number % 3:
                merged = user.client.post(
                    f"{user.path}/merge", json={"from_user_id": other.user_id}
                )
                assert ok(merged)["accepted"] <= ok(merged)["merged"]
            if turns % 5 == number % 5:
                assert http.put(user.path, json={"attributes": {"age": 30}}).status_code < 300
            if turns % 4 == 0:
                assert http.delete(user.path).status_code == 204
            user.get("feedback")
    return turns


def test_nothing_is_left(service: Service, new_visitor: NewVisitor):
    """A write after an erasure makes the user again, so the last word is an erasure."""
    assert ROUNDS > 0
    for number in range(ROUNDS):
        user, other = new_visitor(f"leaving {number}"), new_visitor(f"merged {number}")
        readers_stop, writers_stop = Event(), Event()

        def read(user: Visitor = user, stop: Event = readers_stop) -> None:
            with service.client() as http:
                while not stop.is_set():
                    Visitor(http, user.user_id).recommendations()

        with ThreadPoolExecutor(6) as pool:
            readers = [pool.submit(read) for _ in range(2)]
            busy = [
                pool.submit(keep_busy, service, user, other, who, writers_stop) for who in range(4)
            ]
            time.sleep(0.4)
            writers_stop.set()
            assert min(one.result() for one in busy) > 0
            # The readers go on, over the erasure and after it.
            for leaving in (user, other):
                assert user.client.delete(leaving.path).status_code == 204
            time.sleep(0.05)
            readers_stop.set()
            for reader in readers:
                reader.result()

        with service.store() as store:
            for text in (everything_in(store), logs_of(store)):
                assert user.user_id not in text
                assert other.user_id not in text
        for gone in (user, other):
            assert gone.client.get(gone.path).status_code == 404
            assert gone.recommendations()["strategy"] == "prior"


def test_no_rating_is_lost_in_merges_that_go_on_while_the_visitor_rates(
    service: Service, new_visitor: NewVisitor
):
    user, visitor = new_visitor("staying"), new_visitor("signing up")
    done = Event()

    def merge() -> None:
        with service.client() as http:
            while not done.is_set():
                ok(http.post(f"{user.path}/merge", json={"from_user_id": visitor.user_id}))

    with ThreadPoolExecutor(3) as pool:
        merging = [pool.submit(merge) for _ in range(2)]
        for item in range(60):
            visitor.rate({item: 1 + item % 5})
        done.set()
        for one in merging:
            one.result()
    ok(user.client.post(f"{user.path}/merge", json={"from_user_id": visitor.user_id}))

    assert user.ratings() == {str(item): 1 + item % 5 for item in range(60)}
    assert visitor.feedback() == []
