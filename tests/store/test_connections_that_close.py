"""A connection that closes just before it is written on is a lost one, whatever the event loop."""

import asyncio
from collections.abc import Callable

import pytest
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError

from app.store import close_store, connect_store
from app.store.cluster import SteadyCluster
from app.store.commands import HeldConnection, command


@pytest.fixture(params=["asyncio", "uvloop"])
def new_loop(request: pytest.FixtureRequest) -> Callable[[], asyncio.AbstractEventLoop]:
    if request.param == "asyncio":
        return asyncio.new_event_loop
    uvloop = pytest.importorskip("uvloop")
    found: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return found


def abort(connection: AbstractConnection) -> None:
    writer = connection._writer  # type: ignore[attr-defined]
    writer.transport.abort()


def test_one_that_is_kept(redis_url: str, new_loop: Callable[[], asyncio.AbstractEventLoop]):
    async def send() -> None:
        client = connect_store(redis_url, timeout_seconds=30, connections=2)
        assert isinstance(client, Redis)
        held = HeldConnection(client)
        assert await held.send([command("PING")]) == ["PONG"]
        assert held._connection is not None
        abort(held._connection)
        await asyncio.sleep(0.05)
        with pytest.raises(RedisConnectionError):
            await held.send([command("PING")])
        assert await held.send([command("PING")]) == ["PONG"]
        await close_store(client)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(send())


def test_one_of_a_cluster(cluster_url: str, new_loop: Callable[[], asyncio.AbstractEventLoop]):
    async def send() -> None:
        client = connect_store(cluster_url, timeout_seconds=30, connections=2)
        assert isinstance(client, SteadyCluster)
        await client.execute_command("GET", "a")
        node = client.get_node_from_key("a")
        assert node is not None
        connection = node.acquire_connection()
        await connection.connect()
        abort(connection)
        await asyncio.sleep(0.05)
        with pytest.raises(RedisConnectionError):
            # As the greeting of a new connection is sent: without a look first.
            await connection.send_command("PING", check_health=False)
        await connection.disconnect()
        await close_store(client)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(send())
