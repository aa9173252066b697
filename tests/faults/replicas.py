"""Replicas on one store, behind the proxy that is deployed before them."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.ports import free_port
from tests.running import Service, require, start_all, wait_for

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "haproxy" / "haproxy.cfg"


def haproxy() -> str:
    """The proxy's program."""
    program = shutil.which("haproxy")
    require("haproxy", program)
    assert program is not None
    return program


@dataclass
class Replicas:
    """Services that a proxy chooses from.

    Attributes:
        url: Where the proxy listens.
        services: The replicas.
    """

    url: str
    services: list[Service]

    def client(self) -> httpx.Client:
        # Plain HTTP: to load certificates would only take time.
        return httpx.Client(base_url=self.url, timeout=30, verify=False)

    def replace(self, number: int, bundle: Path) -> None:
        """Stop a replica as a deployment does, and start another in its place."""
        old = self.services[number]
        assert old.process is not None
        old.process.send_signal(signal.SIGTERM)
        assert old.process.wait(timeout=15) == 0, old.log
        self.services[number] = Service(
            bundle, old.folder, old.environment, old.arguments, port=old.port
        ).start()


@contextmanager
def running_proxy(folder: Path, ports: Sequence[int], request_seconds: int = 30) -> Iterator[str]:
    """Run the proxy before servers of this machine; yield its URL."""
    folder.mkdir()
    configuration = folder / CONFIGURATION.name
    text, patience = CONFIGURATION.read_text(), "timeout http-request 30s"
    assert patience in text
    configuration.write_text(text.replace(patience, f"timeout http-request {request_seconds}s"))
    servers = folder / "servers.cfg"
    lines = [f"    server replica{port} 127.0.0.1:{port}\n" for port in ports]
    servers.write_text("backend replicas from melu\n    balance leastconn\n" + "".join(lines))
    address = f"127.0.0.1:{free_port()}"
    with (folder / "haproxy.log").open("wb") as log:
        process = subprocess.Popen(
            [haproxy(), "-db", "-f", str(configuration), "-f", str(servers)],
            env=os.environ | {"MELU_PROXY_ADDRESS": address},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(lambda: _status(address) is not None, "the proxy to listen", 20)
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def _status(address: str) -> int | None:
    try:
        return httpx.get(f"http://{address}/readyz", timeout=5, verify=False).status_code
    except httpx.TransportError:
        return None


@contextmanager
def running_replicas(bundle: Path, folder: Path, store: str, count: int) -> Iterator[Replicas]:
    """Start replicas and the proxy; stop what runs in the end."""
    haproxy()
    with ExitStack() as stack:
        services = [
            Service(bundle, folder / f"replica-{number}", arguments=("--store", store))
            for number in range(count)
        ]
        start_all(*services)
        stack.callback(lambda: [service.stop() for service in services])
        ports = [service.port for service in services]
        yield Replicas(stack.enter_context(running_proxy(folder / "proxy", ports)), services)
