"""Deployments that must all keep the contract, and people who use them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import blake2b
from itertools import cycle
from pathlib import Path

import httpx
import pytest

from tests.running import Service, running_redis, start_all
from tests.service.conftest import new_visitor, visitor
from tests.service.visitors import Json

DEPLOYMENTS = ("one worker", "four workers", "two services on one Redis")


class Alternating(httpx.BaseTransport):
    """Sends each request over a connection of its own, to each service in turn.

    So no two requests of a test need meet the same worker, and none may see less than another.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = cycle(httpx.URL(url) for url in urls)
        # Plain HTTP: to load certificates would only take time.
        self._transport = httpx.HTTPTransport(
            verify=False, limits=httpx.Limits(max_keepalive_connections=0)
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = next(self._urls)
        request.url = request.url.copy_with(host=url.host, port=url.port)
        return self._transport.handle_request(request)

    def close(self) -> None:
        self._transport.close()


@dataclass(frozen=True)
class Deployment:
    """Running services that act as one."""

    urls: tuple[str, ...]

    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.urls[0], timeout=30, transport=Alternating(self.urls), verify=False
        )


@pytest.fixture(scope="session", params=DEPLOYMENTS)
def deployment(
    request: pytest.FixtureRequest, bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("deployment")
    with ExitStack() as stack:

        def start(*names: str, arguments: tuple[str, str]) -> Deployment:
            services = [Service(bundle, folder / name, arguments=arguments) for name in names]
            for service in start_all(*services):
                stack.callback(service.stop)
            return Deployment(tuple(service.url for service in services))

        match request.param:
            case "one worker":
                service: Service = request.getfixturevalue("service")
                yield Deployment((service.url,))
            case "four workers":
                yield start("service", arguments=("--workers", "4"))
            case _:
                store = stack.enter_context(running_redis(folder / "redis"))
                yield start("a", "b", arguments=("--store", store))


@pytest.fixture
def client(deployment: Deployment) -> Iterator[httpx.Client]:
    """Takes the place of the one service that other tests use."""
    with deployment.client() as http:
        yield http


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what `tests/service` runs itself: its tests on one worker."""
    again = [
        item
        for item in items
        if isinstance(item, pytest.Function)
        and item.path.parent == Path(__file__).parent
        and item.function.__module__.startswith("tests.service.")
        and item.callspec.params.get("deployment") == DEPLOYMENTS[0]
    ]
    config.hook.pytest_deselected(items=again)
    left_out = set(again)
    items[:] = [item for item in items if item not in left_out]


__all__ = ["new_visitor", "visitor"]  # they use the client above

NewItem = Callable[..., str]


@pytest.fixture
def new_item(client: httpx.Client, request: pytest.FixtureRequest) -> Iterator[NewItem]:
    """Put items that are gone after the test."""
    made: list[str] = []

    def put(word: str = "new", **attributes: Json) -> str:
        item_id = f"{word} {blake2b(request.node.nodeid.encode(), digest_size=6).hexdigest()}"
        made.append(item_id)
        body = {"title": f"The {word.title()} Film", "attributes": attributes}
        response = client.put(f"/items/{item_id}", json=body)
        assert response.status_code in (200, 201), response.text
        return item_id

    yield put
    for item_id in made:
        client.delete(f"/items/{item_id}")
