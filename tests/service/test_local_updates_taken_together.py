"""Under load, local updates of those whose turns follow each other are taken together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import pytest

from app.callers import CALLER, Caller
from app.services.model_state.executor import InferenceExecutor
from app.services.model_state.jobs import SharedStep
from app.stages import Stage, begin_stages
from tests.running import Service
from tests.service.executors import in_one_loop
from tests.service.visitors import ok

USERS = 24


class Step:
    """Squares numbers, and keeps which it was given together."""

    def __init__(self) -> None:
        self.taken: list[list[int]] = []

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.taken.append([*numbers])
        if 13 in numbers:
            raise ValueError("unlucky")
        return [number * number for number in numbers]


def asked(
    executor: InferenceExecutor,
    step: Step,
    number: int,
    *,
    key: str = "model",
    is_dear: bool = False,
    caller: str = "server",
) -> asyncio.Task[str]:
    async def ask() -> str:
        CALLER.set(Caller(caller))
        return await executor.run_after(
            SharedStep(key, Stage.LOCAL_UPDATE, step, number), str, is_dear=is_dear
        )

    return asyncio.create_task(ask())


def behind_a_gate(
    ask: Callable[[InferenceExecutor], Sequence[asyncio.Task[str]]], threads: int = 1
) -> list[str | BaseException]:
    """Let all threads wait while others ask, and then go on; return what each was told."""
    told: list[str | BaseException] = []

    async def work(executor: InferenceExecutor) -> None:
        gate = threading.Event()
        # One more than there are threads: work that was handed out ahead waits for the gate too.
        busy = [asyncio.create_task(executor.run(gate.wait)) for _ in range(threads + 1)]
        await asyncio.sleep(0.05)
        asking = ask(executor)
        await asyncio.sleep(0.05)
        gate.set()
        told.extend(await asyncio.gather(*asking, return_exceptions=True))
        await asyncio.gather(*busy)

    in_one_loop(work, threads, queue=100)
    return told


def test_those_who_wait_go_together_and_each_gets_its_own():
    step = Step()

    told = behind_a_gate(lambda executor: [asked(executor, step, n) for n in range(12)])

    assert told == [str(n * n) for n in range(12)]
    assert sorted(chain.from_iterable(step.taken)) == [*range(12)]
    assert len(step.taken) < 6
    assert max(map(len, step.taken)) <= 8


def test_what_one_thread_could_begin_with_is_left_to_it():
    step = Step()

    told = behind_a_gate(lambda executor: [asked(executor, step, n) for n in range(8)], threads=2)

    assert told == [str(n * n) for n in range(8)]
    assert len(step.taken) >= 2


def test_another_model_and_dear_work_go_apart():
    one, other, dear = Step(), Step(), Step()

    def ask(executor: InferenceExecutor) -> list[asyncio.Task[str]]:
        return [
            *(asked(executor, one, n, key="one") for n in range(3)),
            *(asked(executor, other, n, key="other", caller="another") for n in range(3)),
            *(asked(executor, dear, n, is_dear=True) for n in range(3)),
        ]

    assert behind_a_gate(ask) == ["0", "1", "4"] * 3
    for step in (one, other, dear):
        assert sorted(chain.from_iterable(step.taken)) == [0, 1, 2]
    assert dear.taken == [[0], [1], [2]]


def test_callers_still_take_turns():
    step, order = Step(), []

    async def ask(executor: InferenceExecutor, caller: str, number: int) -> str:
        found = await asked(executor, step, number, caller=caller)
        order.append(caller)
        return found

    def both(executor: InferenceExecutor) -> list[asyncio.Task[str]]:
        many = [asyncio.create_task(ask(executor, "many", n)) for n in range(14, 54)]
        return [*many, *(asyncio.create_task(ask(executor, "few", n)) for n in range(3))]

    assert behind_a_gate(both) == [str(n * n) for n in (*range(14, 54), 0, 1, 2)]
    assert max(place for place, who in enumerate(order) if who == "few") <= 10


def test_an_error_is_that_of_whom_it_is_of():
    step = Step()

    told = behind_a_gate(lambda executor: [asked(executor, step, n) for n in range(10, 16)])

    assert isinstance(told[3], ValueError)
    assert [one for one in told if one is not told[3]] == ["100", "121", "144", "196", "225"]


def test_who_no_longer_waits_is_left_out():
    step = Step()

    def ask(executor: InferenceExecutor) -> list[asyncio.Task[str]]:
        asking = [asked(executor, step, n) for n in range(4)]
        asyncio.get_running_loop().call_later(0.02, asking[2].cancel)
        return asking

    told = behind_a_gate(ask)

    assert isinstance(told[2], asyncio.CancelledError)
    assert [told[0], told[1], told[3]] == ["0", "1", "9"]
    assert sorted(chain.from_iterable(step.taken)) == [0, 1, 3]


def test_each_request_notes_the_step_and_its_wait():
    step, noted = Step(), []

    async def ask(executor: InferenceExecutor, number: int) -> str:
        stages = begin_stages()
        found = await asked(executor, step, number)
        noted.append([stage for stage, _, _ in stages.close()])
        return found

    behind_a_gate(
        lambda executor: [asyncio.create_task(ask(executor, number)) for number in range(4)]
    )

    assert max(map(len, step.taken)) > 1
    assert len(noted) == 4
    for stages in noted:
        assert stages.count(Stage.LOCAL_UPDATE) == 1
        assert Stage.QUEUE in stages


@pytest.fixture
def one_at_a_time(bundle: Path, tmp_path: Path) -> Iterator[Service]:
    """A service with one compute thread that keeps no ranking."""
    environment = {"MELU_COMPUTE_THREADS": "1", "MELU_CACHE_MEGABYTES": "0"}
    service = Service(bundle, tmp_path / "together", environment).start()
    yield service
    service.stop()


def test_users_who_ask_at_once_get_the_lists_they_get_alone(one_at_a_time: Service):
    names = [f"user-{number}" for number in range(USERS)]
    with one_at_a_time.client() as client:
        for number, name in enumerate(names):
            events = [
                {"item_id": str((number * 7 + item * 5) % 60), "rating": 1 + (number + item) % 5}
                for item in range(1 + number % 12)
            ]
            ok(client.post(f"/users/{name}/feedback", json={"events": events}))

        def listed(name: str) -> dict[str, dict[str, float]]:
            found = ok(client.get(f"/users/{name}/recommendations", params={"limit": 20}))
            return {
                one["item_id"]: {key: one[key] for key in ("score", "relevance", "lift")}
                for one in found["items"]
            }

        alone = [listed(name) for name in names]
        with ThreadPoolExecutor(USERS) as pool:
            for _ in range(3):
                for mine, expected in zip(pool.map(listed, names), alone, strict=True):
                    assert mine.keys() == expected.keys()
                    for item, values in expected.items():
                        # What is told has four places: the last one may be rounded either way.
                        assert mine[item] == pytest.approx(values, abs=1.5e-4)
    assert len({tuple(one) for one in alone}) > USERS // 2
