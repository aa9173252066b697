"""Start and stop real processes for tests."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
import redis

from tests.forked import ForkedProcess
from tests.ports import free_port

START_SECONDS = 90
COMMAND_SECONDS = 300  # a training beside other tests
PROGRAM = "scripts.cli"


def require(what: str, present: object) -> None:
    """Skip a test for want of `what`, unless MELU_TEST_REQUIRE says that it must be there."""
    if present:
        return
    if what in os.environ.get("MELU_TEST_REQUIRE", "").split(","):
        pytest.fail(f"MELU_TEST_REQUIRE names {what}, and there is none")
    pytest.skip(f"no {what} on this machine")


def wait_for(condition: Callable[[], object], what: str, seconds: float = START_SECONDS) -> None:
    """Wait until `condition` holds; fail if it never does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds} s in vain for {what}")
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    """Tell whether a process runs; one that nobody has waited for yet has ended all the same."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def processes_in(folder: Path) -> set[int]:
    """Ids of the running processes whose working directory is a folder."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        # A process may end, or be another user's, while we look.
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink() == folder.resolve() and is_running(int(process.name)):
                found.add(int(process.name))
    return found


def run_melu(
    *arguments: str,
    is_fresh: bool = False,
    program: str = PROGRAM,
    user: int | None = None,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """Run a `melu` command that ends by itself.

    Args:
        *arguments: Of `melu`.
        is_fresh: Whether it is a process from nothing, and not a fork that has everything imported.
        user: Id of the user to run as, in a fork; that of the tests if None.
        program: Module with its `main`.
        **environment: Added to that of the tests.
    """
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MELU_")}
    if is_fresh:
        return subprocess.run(
            [sys.executable, "-m", program, *arguments],
            env=inherited | environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    with TemporaryDirectory() as folder:
        output, errors = Path(folder) / "output", Path(folder) / "errors"
        process = ForkedProcess(
            arguments, inherited | environment, output, errors, program, user=user
        )
        try:
            status = process.wait(COMMAND_SECONDS)
        finally:
            process.kill()
        return subprocess.CompletedProcess(
            arguments, status, output.read_text(), errors.read_text()
        )


@dataclass
class Service:
    """A `melu serve` of its own.

    Attributes:
        is_fresh: Whether it is a process from nothing, and not a fork that has everything imported.
    """

    bundle: Path
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    program: str = PROGRAM
    port: int = field(default_factory=free_port)
    is_fresh: bool = False
    process: subprocess.Popen[bytes] | ForkedProcess | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "serve.log").read_text()

    def client(self) -> httpx.Client:
        # Plain HTTP: to load certificates would only take time.
        return httpx.Client(base_url=self.url, timeout=30, verify=False)

    def start(self) -> "Service":
        self.folder.mkdir(parents=True, exist_ok=True)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("MELU_")}
        environment = {"MELU_STORE_FOLDER": str(self.folder / "store")} | self.environment
        arguments = ("serve", "--model", str(self.bundle), "--port", str(self.port))
        self.process = self._started((*arguments, *self.arguments), inherited | environment)
        self.wait_until(200)
        return self

    def _started(
        self, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> "subprocess.Popen[bytes] | ForkedProcess":
        log = self.folder / "serve.log"
        if not self.is_fresh and "--workers" not in arguments:
            return ForkedProcess(arguments, environment, log, program=self.program)
        with log.open("ab") as file:
            return subprocess.Popen(
                [sys.executable, "-m", self.program, *arguments],
                env=environment,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def wait_until(self, status: int, path: str = "/readyz", seconds: float = START_SECONDS):
        """Wait until `path` answers with `status`; fail with the log if it never does."""
        end = time.monotonic() + seconds
        found: object = None
        while time.monotonic() < end:
            assert self.process is not None
            assert self.process.poll() is None, f"the service ended:\n{self.log}"
            with contextlib.suppress(httpx.HTTPError):
                found = httpx.get(self.url + path, timeout=5, verify=False).status_code
                if found == status:
                    return
            time.sleep(0.1)
        pytest.fail(f"{path} gave {found}, not {status}, for {seconds} s:\n{self.log}")

    def store(self) -> redis.Redis:
        """Connect to the embedded store behind the service's back."""
        socket_path = self.folder / "store" / "store.sock"
        return redis.Redis(unix_socket_path=str(socket_path), decode_responses=True)

    def store_pid(self) -> int:
        """Process id of the embedded store."""
        with self.store() as client:
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


def start_all(*services: Service) -> list[Service]:
    """Start services side by side, which takes less time than one after the other."""
    with ThreadPoolExecutor(len(services)) as pool:
        return list(pool.map(Service.start, services))


@dataclass
class RedisServer:
    """The machine's own redis-server; it can be stopped and started again on its data."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    options: tuple[str, ...] = ()
    configuration: Path | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> "RedisServer":
        program = shutil.which("redis-server")
        require("redis", program)
        assert program is not None
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    program,
                    *([] if self.configuration is None else [str(self.configuration)]),
                    *("--port", str(self.port), "--bind", "127.0.0.1"),
                    *(() if self.configuration else ("--appendonly", "yes")),
                    *self.options,
                ],
                cwd=self.folder,
                stdout=log,
            )
        wait_for(self._answers, "redis-server to answer")
        return self

    @property
    def _log(self) -> Path:
        return self.folder / "redis.log"

    def _told(self) -> str:
        return self._log.read_text(errors="replace")[-1000:]

    def stop(self) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
            # One that was stopped can't end before it goes on.
            self.process.send_signal(signal.SIGCONT)
        self.process.wait(timeout=30)

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def _answers(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            pytest.fail(f"redis-server ended with {self.process.returncode}: {self._told()}")
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self.url) as client:
            return bool(client.ping())
        return False


@contextlib.contextmanager
def running_redis(folder: Path) -> Iterator[str]:
    """Run the machine's own redis-server; yield its URL."""
    server = RedisServer(folder).start()
    try:
        yield server.url
    finally:
        server.stop()
