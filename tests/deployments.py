"""Deployments that must all keep the contract: to a client each is one service."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import httpx

from tests.running import Service, running_redis, start_all

ONE_WORKER = "one worker"
DEPLOYMENTS = (ONE_WORKER, "four workers", "two services on one Redis")


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


@contextmanager
def deployed(name: str, bundle: Path, folder: Path) -> Iterator[Deployment]:
    """Start one of `DEPLOYMENTS` but the first, which all tests share."""
    with ExitStack() as stack:

        def start(*names: str, arguments: tuple[str, str]) -> Deployment:
            services = [Service(bundle, folder / one, arguments=arguments) for one in names]
            for service in start_all(*services):
                stack.callback(service.stop)
            return Deployment(tuple(service.url for service in services))

        match name:
            case "four workers":
                yield start("service", arguments=("--workers", "4"))
            case "two services on one Redis":
                store = stack.enter_context(running_redis(folder / "redis"))
                yield start("a", "b", arguments=("--store", store))
            case _:
                raise ValueError(f"there is no deployment {name!r}")
