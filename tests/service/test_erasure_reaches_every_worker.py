"""Rankings of an erased user leave the memory of all workers that share the store."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from app.main import create_app
from app.services.recommendations.response_cache import ResponseCache
from app.settings import Settings
from tests.running import Service

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Worker:
    """An application whose memory can be looked into."""

    client: httpx.AsyncClient
    answers: ResponseCache

    @property
    def kept(self) -> int:
        return len(self.answers._users)


@pytest.fixture
async def workers(service: Service, bundle: Path, user: str) -> AsyncIterator[list[Worker]]:
    """Two workers on the service's store that keep rankings of this test's user."""
    settings = Settings(
        model=bundle, store_url=f"unix://{service.folder}/store/store.sock", compute_threads=1
    )
    async with AsyncExitStack() as stack:
        workers = []
        for _ in range(2):
            app = create_app(settings)
            await stack.enter_async_context(app.router.lifespan_context(app))
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url="http://127.0.0.1"
            )
            await stack.enter_async_context(client)
            caches = app.state.manager.services.caches
            (answers,) = (one for one in caches if isinstance(one, ResponseCache))
            workers.append(Worker(client, answers))
        with service.store() as store:
            await soon(lambda: dict(store.pubsub_numsub("melu:erased"))["melu:erased"] >= 2)
        event = {"item_id": "0", "rating": 5}
        told = await workers[0].client.post(f"/users/{user}/feedback", json=event)
        assert told.status_code == 200
        for worker in workers:
            for query in ("limit=3", "filter=genre:comedy"):
                answer = await worker.client.get(f"/users/{user}/recommendations?{query}")
                assert answer.status_code == 200
            assert worker.kept == 1
        yield workers


async def soon(condition: Callable[[], bool], seconds: float = 2) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def test_when_a_worker_erases_a_user_both_forget(workers: list[Worker], user: str):
    assert (await workers[0].client.delete(f"/users/{user}")).status_code == 204

    assert workers[0].kept == 0
    await soon(lambda: workers[1].kept == 0)


async def test_when_another_process_erases_a_user_both_forget(
    workers: list[Worker], user: str, client: httpx.Client
):
    assert client.delete(f"/users/{user}").status_code == 204

    await soon(lambda: workers[0].kept == workers[1].kept == 0)


async def test_when_a_user_is_merged_into_another_both_forget(
    workers: list[Worker], user: str, client: httpx.Client
):
    path = f"/users/{user[-100:]} target/merge"
    assert client.post(path, json={"from_user_id": user}).status_code == 200

    await soon(lambda: workers[0].kept == workers[1].kept == 0)


async def test_whoever_may_have_missed_an_erasure_forgets_all(
    workers: list[Worker], service: Service
):
    with service.store() as store:
        store.client_kill_filter(_type="pubsub")

    await soon(lambda: workers[0].kept == workers[1].kept == 0, seconds=5)


async def test_what_is_kept_does_not_name_the_user(workers: list[Worker], user: str):
    for worker in workers:
        assert user not in repr(list(worker.answers._users.items()))
