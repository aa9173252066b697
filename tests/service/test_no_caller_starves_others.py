"""Whoever asks for much waits for its own work, and not others for it."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx
import pytest

from app.callers import CALLER, Caller
from app.problems import Overloaded
from app.services.model_state.executor import InferenceExecutor
from tests.access.credentials import KEY, TOKEN_SECRET, bearer, issued_token
from tests.running import Service, wait_for
from tests.service.executors import in_one_loop
from tests.service.visitors import ok

pytestmark = pytest.mark.clock

GREEDY, OTHER = Caller("greedy", is_user=True), Caller("other", is_user=True)
SERVER = Caller("server")


def asked(
    executor: InferenceExecutor, caller: Caller, work: Callable[[], None], *, is_dear: bool = False
) -> asyncio.Task[None]:
    async def ask() -> None:
        CALLER.set(caller)
        await executor.run(work, is_dear=is_dear)

    return asyncio.create_task(ask())


def test_callers_take_turns():
    order = []

    async def work(executor: InferenceExecutor) -> None:
        many = [asked(executor, SERVER, lambda: order.append("many")) for _ in range(50)]
        await asyncio.sleep(0)
        few = [asked(executor, OTHER, lambda: order.append("few")) for _ in range(3)]
        await asyncio.gather(*many, *few)

    in_one_loop(work, threads=1, queue=100)

    assert len(order) == 53
    assert max(place for place, who in enumerate(order) if who == "few") <= 8


def test_one_user_has_a_share_of_the_queue_and_others_have_theirs():
    async def work(executor: InferenceExecutor) -> None:
        gate = threading.Event()
        many = [asked(executor, GREEDY, gate.wait) for _ in range(160)]
        others = [asked(executor, Caller(f"{n}", is_user=True), gate.wait) for n in range(20)]
        server = [asked(executor, SERVER, gate.wait) for _ in range(60)]
        await asyncio.sleep(0.05)
        gate.set()
        found = await asyncio.gather(*many, *others, *server, return_exceptions=True)
        refused = [isinstance(one, Overloaded) for one in found]
        assert sum(refused[:160]) == 160 - 128 // 8
        assert not any(refused[160:])

    in_one_loop(work, threads=2, queue=128)


def test_dear_work_leaves_threads_to_other_work():
    async def work(executor: InferenceExecutor) -> None:
        gate = threading.Event()
        dear = [asked(executor, SERVER, gate.wait, is_dear=True) for _ in range(4)]
        await asyncio.sleep(0.05)
        # With nothing else to do, all threads were given to it.
        first = asked(executor, SERVER, lambda: None)
        await asyncio.sleep(0.05)
        assert not first.done()
        gate.set()
        await asyncio.gather(*dear, first)

        gate.clear()
        cheap_first = asked(executor, SERVER, lambda: time.sleep(0.05))
        dear = [asked(executor, SERVER, gate.wait, is_dear=True) for _ in range(4)]
        cheap = [asked(executor, SERVER, lambda: time.sleep(0.01)) for _ in range(20)]
        await asyncio.wait_for(asyncio.gather(cheap_first, *cheap[:1]), 5)
        gate.set()
        await asyncio.gather(*dear, *cheap)

    in_one_loop(work, threads=2, queue=100)


@pytest.mark.parametrize("threads", [1, 2])
def test_dear_work_has_its_turn_however_much_other_work_comes(threads: int):
    async def work(executor: InferenceExecutor) -> None:
        stop, computed = asyncio.Event(), [0] * 8

        async def go_on(number: int) -> None:
            while not stop.is_set():
                await asked(executor, Caller(f"{number}"), lambda: time.sleep(0.002))
                computed[number] += 1

        steady = [asyncio.create_task(go_on(number)) for number in range(len(computed))]
        await asyncio.sleep(0.1)
        before = sum(computed)
        dear = [asked(executor, OTHER, lambda: None, is_dear=True) for _ in range(3)]
        await asyncio.wait_for(asyncio.gather(*dear), 5)
        # Each of them waits for one round of the others.
        assert sum(computed) - before <= 3 * 2 * len(computed)
        stop.set()
        await asyncio.gather(*steady)
        assert min(computed) > 0

    in_one_loop(work, threads, queue=100)


def test_what_nobody_waits_for_is_not_computed_and_errors_reach_who_asked():
    computed = []

    def fail() -> None:
        raise ValueError("as it is")

    async def work(executor: InferenceExecutor) -> None:
        gate = threading.Event()
        first = asked(executor, SERVER, gate.wait)
        given_up = asked(executor, SERVER, lambda: computed.append("given up"))
        failing = asked(executor, SERVER, fail)
        await asyncio.sleep(0.05)
        given_up.cancel()
        await asyncio.sleep(0.05)
        gate.set()
        await first
        with pytest.raises(ValueError, match="as it is"):
            await failing
        await asked(executor, SERVER, lambda: computed.append("last"))

    in_one_loop(work, threads=1, queue=10)

    assert computed == ["last"]


@pytest.fixture
def one_at_a_time(bundle: Path, tmp_path: Path) -> Iterator[Service]:
    """A service with keys that computes one thing at a time, and keeps no ranking."""
    environment = {
        "MELU_API_KEYS": KEY,
        "MELU_TOKEN_SECRET": TOKEN_SECRET,
        "MELU_COMPUTE_THREADS": "1",
        "MELU_CACHE_MEGABYTES": "0",
    }
    service = Service(bundle, tmp_path / "fair", environment).start()
    yield service
    service.stop()


@contextmanager
def asking_over_and_over(
    service: Service, callers: int, ask: Callable[[httpx.Client, int], None]
) -> Iterator[list[int]]:
    """Let many ask without a pause while a block runs; yield how often each was answered."""
    stop, answered = threading.Event(), [0] * callers

    def go_on(number: int) -> None:
        with service.client() as client:
            while not stop.is_set():
                ask(client, number)
                answered[number] += 1

    with ThreadPoolExecutor(callers) as pool:
        asking = [pool.submit(go_on, number) for number in range(callers)]
        try:
            yield answered
        finally:
            # Whatever failed: else the pool would wait for them for ever.
            stop.set()
    for one in asking:
        one.result()


def test_a_token_that_asks_for_reasons_over_and_over_does_not_keep_others_waiting(
    one_at_a_time: Service,
):
    with one_at_a_time.client() as client:
        users = {name: issued_token(client, name) for name in ("greedy", "other")}
        for name in users:
            events = [{"item_id": str(item), "rating": 5 - item % 5} for item in range(40)]
            ok(client.post(f"/users/{name}/feedback", json={"events": events}, headers=bearer(KEY)))

        def for_reasons(greedy: httpx.Client, number: int) -> None:
            path = f"/users/greedy/recommendations?explain=true&limit={number % 50 + 1}"
            answer = greedy.get(path, headers=bearer(users["greedy"]))
            assert answer.status_code in (200, 503)

        with asking_over_and_over(one_at_a_time, 60, for_reasons) as answered:
            time.sleep(1)
            answers = [
                client.get(
                    f"/users/other/recommendations?limit={number + 1}",
                    headers=bearer(users["other"]),
                ).status_code
                for number in range(30)
            ]
            health = client.get("/healthz").status_code
    assert sum(answered) > 60
    assert set(answers) == {200}
    assert health == 200


def test_many_who_ask_for_questions_do_not_keep_a_list_waiting(one_at_a_time: Service):
    with one_at_a_time.client() as client:
        tokens = {name: issued_token(client, name) for name in ("other", *map(str, range(12)))}

        def for_questions(greedy: httpx.Client, number: int) -> None:
            path = f"/onboarding/items?user_id={number}&limit=200"
            ok(greedy.get(path, headers=bearer(tokens[str(number)])))

        with asking_over_and_over(one_at_a_time, 12, for_questions) as answered:
            wait_for(lambda: min(answered) >= 2, "everybody to be answered twice")
            waited = []
            for number in range(30):
                before = sum(answered)
                path = f"/users/other/recommendations?limit={number + 1}"
                ok(client.get(path, headers=bearer(tokens["other"])))
                waited.append(sum(answered) - before)
    # Where all take turns alike it waits for one of each.
    assert median(waited) < 6
