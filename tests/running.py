"""Start and stop real processes for tests."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

START_SECONDS = 90


def require(what: str, present: object) -> None:
    """Skip a test for want of `what`, unless MELU_TEST_REQUIRE says that it must be there."""
    if present:
        return
    if what in os.environ.get("MELU_TEST_REQUIRE", "").split(","):
        pytest.fail(f"MELU_TEST_REQUIRE names {what}, and there is none")
    pytest.skip(f"no {what} on this machine")


def free_port() -> int:
    """Return a TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Service:
    """A `melu serve` of its own."""

    bundle: Path
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "serve.log").read_text()

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30)

    def start(self) -> "Service":
        self.folder.mkdir(parents=True, exist_ok=True)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("MELU_")}
        with (self.folder / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "scripts.cli", "serve"),
                    *("--model", str(self.bundle), "--port", str(self.port), *self.arguments),
                ],
                env=inherited
                | {"MELU_STORE_FOLDER": str(self.folder / "store")}
                | self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.wait_until(200)
        return self

    def wait_until(self, status: int, path: str = "/readyz", seconds: float = START_SECONDS):
        """Wait until `path` answers with `status`; fail with the log if it never does."""
        end = time.monotonic() + seconds
        found: object = None
        while time.monotonic() < end:
            assert self.process is not None
            assert self.process.poll() is None, f"the service ended:\n{self.log}"
            with contextlib.suppress(httpx.HTTPError):
                found = httpx.get(self.url + path, timeout=5).status_code
                if found == status:
                    return
            time.sleep(0.1)
        pytest.fail(f"{path} gave {found}, not {status}, for {seconds} s:\n{self.log}")

    def store_pid(self) -> int:
        """Process id of the embedded store."""
        import redis

        socket_path = self.folder / "store" / "store.sock"
        with redis.Redis(unix_socket_path=str(socket_path)) as client:
            return int(client.info("server")["process_id"])

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Stop in order; return the exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


@contextlib.contextmanager
def running_redis(folder: Path) -> Iterator[str]:
    """Run the machine's own redis-server; yield its URL."""
    program = shutil.which("redis-server")
    require("redis", program)
    assert program is not None
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--appendonly", "yes"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(timeout=30)
