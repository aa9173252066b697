"""A store on each kind of server that it promises to run on."""

from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio import Redis

from app.store import StoreClient, UserStore, close_store, connect_store
from app.store.embedded import EmbeddedStore
from tests.running import running_redis
from tests.topologies import running_cluster, running_sentinel


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def embedded_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with EmbeddedStore(tmp_path_factory.mktemp("embedded"), "always") as store:
        yield store.url


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster.url


@pytest.fixture(scope="session")
def sentinel_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_sentinel(tmp_path_factory.mktemp("sentinel")) as watched:
        yield watched.url


@pytest.fixture(params=["embedded", "redis", "cluster", "sentinel"])
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture
async def redis(url: str) -> AsyncIterator[Redis]:
    """The client, to look behind the store's back."""
    client = connect_store(url, timeout_seconds=30, connections=16)
    yield client
    await close_store(client)


@pytest.fixture
def store(redis: StoreClient) -> UserStore:
    return UserStore(redis)
