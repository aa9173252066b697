"""What one process announces, others hear; and whoever may have missed something is told so."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from app.store import Announcements, StoreClient, close_store, connect_store
from tests.store.servers import kill_connections

pytestmark = pytest.mark.anyio

CHANNEL = "melu:test"


@dataclass
class Ear:
    """Notes what it hears."""

    heard: list[str] = field(default_factory=list)
    connections: int = 0

    def hear(self, message: str) -> None:
        self.heard.append(message)
        if message == "bad":
            raise ValueError(message)

    def connected(self) -> None:
        self.connections += 1


async def soon(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
async def announcements(url: str) -> AsyncIterator[Announcements]:
    client = connect_store(url, timeout_seconds=1, connections=2)
    yield Announcements(client)
    await close_store(client)


@pytest.fixture
async def ear(announcements: Announcements) -> AsyncIterator[Ear]:
    ear = Ear()
    announcements.on(CHANNEL, ear.hear, ear.connected)
    async with announcements.listening():
        await soon(lambda: ear.connections == 1)
        yield ear


async def test_messages_are_heard_in_order(announcements: Announcements, ear: Ear):
    for number in range(100):
        await announcements.publish(CHANNEL, f"Ω {number}")
    await announcements.publish("melu:another channel", "no")

    await soon(lambda: len(ear.heard) == 100)

    assert ear.heard == [f"Ω {number}" for number in range(100)]
    assert ear.connections == 1


async def test_a_cut_connection_is_made_again_and_told_of(
    announcements: Announcements, ear: Ear, redis: StoreClient
):
    for time in (2, 3):
        await kill_connections(redis, "pubsub")
        await soon(lambda time=time: ear.connections == time)

    await announcements.publish(CHANNEL, "after")

    await soon(lambda: ear.heard == ["after"])


async def test_silence_does_not_end_the_listening(announcements: Announcements, ear: Ear):
    await asyncio.sleep(2.5)
    await announcements.publish(CHANNEL, "after")

    await soon(lambda: ear.heard == ["after"])

    assert ear.connections == 1


async def test_a_message_that_cannot_be_dealt_with_does_not_end_the_listening(
    announcements: Announcements, ear: Ear
):
    await announcements.publish(CHANNEL, "bad")
    await announcements.publish(CHANNEL, "good")

    await soon(lambda: ear.heard == ["bad", "good"])

    assert ear.connections == 1


async def test_the_listening_ends_whenever_it_is_told_to(announcements: Announcements):
    announcements.on(CHANNEL, Ear().hear, Ear().connected)
    for steps in range(30):
        async with asyncio.timeout(2), announcements.listening():
            for _ in range(steps):
                await asyncio.sleep(0)


async def test_a_listener_may_start_before_its_store(announcements: Announcements):
    nowhere = connect_store("redis://127.0.0.1:1/0", timeout_seconds=1, connections=2)
    async with Announcements(nowhere).listening():
        await asyncio.sleep(0.3)
    await nowhere.connection_pool.disconnect()
