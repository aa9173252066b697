"""Random interleavings of several clients' calls against the contract in memory."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.contract.contract_model import ContractModel, ModelUser
from tests.deployments import Deployment
from tests.running import Service
from tests.service.visitors import Json, Visitor, assert_problem, ok

pytestmark = pytest.mark.contract

RUNS, STEPS = 24, 50  # for each deployment
BUNDLE_ITEMS = {str(i) for i in range(60)}
BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)

users = st.sampled_from(["ann", "bob", "anon"])
bundle_items = st.sampled_from(["0", "1", "30", "31", "59"])
own_items = st.sampled_from(["x1", "x2"])
items = bundle_items | own_items
values = st.sampled_from([1.0, 2.5, 5.0, "like", "dislike", "skip", "unseen"])
# Each time belongs to one value, so that no two events of one time differ.
timed = st.integers(0, 6).flatmap(
    lambda at: st.just(([1.0, 5.0, "like", "unseen", 3.0, "skip", 2.5][at], at))
)
events = st.dictionaries(items, timed | st.tuples(values, st.none()), min_size=1, max_size=4)
profiles = st.fixed_dictionaries(
    {}, optional={"city": st.sampled_from(["Rome", "Oslo"]), "age": st.integers(20, 60)}
)
_worlds = count()


class Interleavings(RuleBasedStateMachine):
    """Several clients; each call is answered as the model says, whichever worker it reaches."""

    def __init__(self, clients: list[httpx.Client]) -> None:
        super().__init__()
        self.clients = clients
        self.world = f"world {next(_worlds)}"
        self.model = ContractModel(set(BUNDLE_ITEMS))
        allowed = clients[0].options("/items/x1").headers["allow"]
        self.can_put_items = "PUT" in allowed
        merge = clients[0].options(f"/users/{self.world}/merge")
        self.can_merge = "POST" in merge.headers.get("allow", "")
        self._next = count()

    def teardown(self) -> None:
        for user in ("ann", "bob", "anon"):
            self.visitor(user).client.delete(self.visitor(user).path)
        for item in self.model.items - BUNDLE_ITEMS:
            self.clients[0].delete(f"/items/{self.name(item)}")

    def visitor(self, user: str) -> Visitor:
        return Visitor(
            self.clients[next(self._next) % len(self.clients)], f"{user} of {self.world}"
        )

    def name(self, item: str) -> str:
        """Items of our own are other ones in each world."""
        return item if item in BUNDLE_ITEMS else f"{item} of {self.world}"

    def known(self, user: str) -> ModelUser:
        return self.model.users.get(user, ModelUser())

    @rule(user=users, attributes=profiles)
    def put_profile(self, user: str, attributes: dict[str, Any]) -> None:
        is_new = self.model.put(user, attributes)
        answer = ok(self.visitor(user).put(attributes), 201 if is_new else 200)
        assert answer["attributes"] == attributes
        assert answer["support_version"] == self.known(user).version

    @rule(user=users, told=events, again=st.booleans())
    def tell(self, user: str, told: dict[str, tuple[float | str, int | None]], again: bool) -> None:
        body = {"events": [self.event(item, *what) for item, what in told.items()]}
        for _ in range(1 + again):
            expected = self.model.tell(user, told)
            answer = self.visitor(user).post(body)
            if expected is None:
                assert_problem(answer, 422, "unknown_item")
            else:
                found = ok(answer)
                assert (found["accepted"], found["ignored"]) == expected
                assert found["support_version"] == self.known(user).version

    def event(self, item: str, value: float | str, at: int | None) -> Json:
        event: Json = {"item_id": self.name(item)}
        event["action" if isinstance(value, str) else "rating"] = value
        if at is not None:
            event["at"] = (BEGINNING + timedelta(seconds=at)).isoformat()
        return event

    @rule(user=users, item=items)
    def take_back(self, user: str, item: str) -> None:
        visitor = self.visitor(user)
        answer = visitor.client.delete(f"{visitor.path}/feedback/{quote(self.name(item))}")
        if self.model.take_back(user, item):
            assert answer.status_code == 204
        else:
            assert_problem(answer, 404, "unknown_feedback")

    @rule(user=users)
    def erase(self, user: str) -> None:
        self.model.users.pop(user, None)
        visitor = self.visitor(user)
        assert visitor.client.delete(visitor.path).status_code == 204

    @precondition(lambda self: self.can_merge)
    @rule(into=st.sampled_from(["ann", "bob"]))
    def merge(self, into: str) -> None:
        existed = "anon" in self.model.users
        visitor = self.visitor(into)
        source = {"from_user_id": f"anon of {self.world}"}
        assert visitor.client.post(f"{visitor.path}/merge", json=source).status_code in (200, 404)
        self.model.merge(into, "anon")
        if existed and into in self.model.users:
            # How a merge counts, and whose profile it is where there was none, is not promised.
            answer = visitor.client.get(visitor.path)
            if answer.status_code == 404:  # nothing moved
                assert not self.known(into).feedback
                del self.model.users[into]
            else:
                stored = ok(answer)
                assert stored["support_version"] >= self.known(into).version
                self.known(into).version = stored["support_version"]
                if not self.known(into).attributes:
                    self.known(into).attributes = stored["attributes"]

    @precondition(lambda self: self.can_put_items)
    @rule(item=own_items, genre=st.sampled_from(["comedy", "horror"]))
    def put_item(self, item: str, genre: str) -> None:
        client = self.visitor("ann").client
        body = {"title": f"Film {item}", "attributes": {"genre": [genre]}}
        status = client.put(f"/items/{self.name(item)}", json=body).status_code
        assert status == (200 if item in self.model.items else 201)
        self.model.items.add(item)

    @precondition(lambda self: self.can_put_items)
    @rule(item=own_items)
    def delete_item(self, item: str) -> None:
        client = self.visitor("ann").client
        assert client.delete(f"/items/{self.name(item)}").status_code in (204, 404)
        self.model.items.discard(item)

    @rule(user=users)
    def show(self, user: str) -> None:
        visitor = self.visitor(user)
        answer = visitor.client.get(visitor.path)
        if user not in self.model.users:
            assert_problem(answer, 404, "unknown_user")
            return
        stored = ok(answer)
        known = self.known(user)
        assert stored["attributes"] == known.attributes
        assert stored["support_version"] == known.version
        if known.feedback.keys() <= self.model.items:
            assert stored["support_size"] == self.model.support(user)

    @rule(user=users)
    def list_feedback(self, user: str) -> None:
        known = self.known(user)
        found = self.visitor(user).feedback()
        assert [one["item_id"] for one in found] == [self.name(i) for i in known.newest_first()]
        for one, item in zip(found, known.newest_first(), strict=True):
            assert one.get("rating", one.get("action")) == known.feedback[item].value

    @rule(user=users, explain=st.booleans(), diversity=st.sampled_from([0, 0.5]))
    def recommend(self, user: str, explain: bool, diversity: float) -> None:
        known = self.known(user)
        answer = self.visitor(user).recommendations(limit=200, explain=explain, diversity=diversity)
        size = self.model.support(user)
        assert answer["strategy"] == ("adapted" if size else "prior")
        assert (answer["support_size"], answer["support_version"]) == (size, known.version)
        # Other worlds' items may still be there.
        listed = {item["item_id"] for item in answer["items"]}
        mine = {self.name(item) for item in self.model.items - known.seen()}
        assert mine <= listed
        assert not {self.name(item) for item in known.seen()} & listed
        reasoned = [bool(item["because"]) for item in answer["items"]]
        assert reasoned == [explain and size > 0] * len(reasoned)

    @rule(user=users)
    def ask(self, user: str) -> None:
        asked = {item["item_id"] for item in self.visitor(user).onboarding(limit=200)}
        answered = {self.name(item) for item in self.known(user).feedback}
        assert not answered & asked
        assert {self.name(i) for i in BUNDLE_ITEMS} - answered <= asked

    @rule(item=items)
    def show_item(self, item: str) -> None:
        answer = self.clients[0].get(f"/items/{self.name(item)}")
        assert answer.status_code == (200 if item in self.model.items else 404)


def test_no_interleaving_departs_from_the_contract(deployment: Deployment):
    play(deployment)


def test_nor_does_one_with_the_papers_preset(bundle_of: Callable[[str], Path], tmp_path: Path):
    service = Service(bundle_of("melu"), tmp_path / "service").start()
    try:
        play(Deployment((service.url,)))
    finally:
        service.stop()


def play(deployment: Deployment) -> None:
    """Let the clients of a deployment call as drawn."""
    with ExitStack() as stack:
        clients = [stack.enter_context(deployment.client()) for _ in range(3)]
        run_state_machine_as_test(
            lambda: Interleavings(clients),
            settings=settings(
                max_examples=RUNS,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize=True,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
