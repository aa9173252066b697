"""Everything that may happen to a Redis, while clients write and read."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import redis

from tests.faults.load import PATIENCE_SECONDS, Load
from tests.faults.slow_proxy import SlowProxy
from tests.running import RedisServer, Service, wait_for
from tests.service.visitors import Visitor, assert_problem, ok

pytestmark = [pytest.mark.clock, pytest.mark.patient]

RECOVERY_SECONDS = 5
WRITES = {"write"}
ALL = {"write", "read"}
NONE: set[str] = set()


@dataclass(frozen=True)
class Broken:
    """A redis-server that can be broken and mended, with the service in front of it."""

    server: RedisServer
    service: Service
    proxy: SlowProxy

    def admin(self, *command: str | int, password: str | None = None) -> object:
        with redis.Redis(port=self.server.port, password=password) as client:
            return client.execute_command(*command)

    def signal(self, number: signal.Signals) -> None:
        assert self.server.process is not None
        os.kill(self.server.process.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        assert self.server.process is not None
        self.server.process.wait()

    def lock(self) -> None:
        self.admin("CONFIG", "SET", "requirepass", "another")
        self.admin("CLIENT", "KILL", "TYPE", "normal", password="another")

    def unlock(self) -> None:
        self.admin("CONFIG", "SET", "requirepass", "", password="another")

    def slow_down(self, seconds: float) -> None:
        self.proxy.delay_seconds = seconds

    def flush_scripts(self) -> None:
        end = time.monotonic() + 1
        while time.monotonic() < end:
            self.admin("SCRIPT", "FLUSH")


@dataclass(frozen=True)
class Fault:
    """What happens, how it ends, and what the service can't do meanwhile, surely or perhaps."""

    strike: Callable[[Broken], object]
    mend: Callable[[Broken], object]
    fails: set[str] = field(default_factory=lambda: ALL)
    may_fail: set[str] = field(default_factory=set)
    seconds: float = 1.2


FAULTS = {
    "stopped": Fault(lambda it: it.server.stop(), lambda it: it.server.start()),
    "killed": Fault(Broken.kill, lambda it: it.server.start()),
    "frozen": Fault(
        lambda it: it.signal(signal.SIGSTOP), lambda it: it.signal(signal.SIGCONT), seconds=2.5
    ),
    "full": Fault(
        lambda it: it.admin("CONFIG", "SET", "maxmemory", 1),
        lambda it: it.admin("CONFIG", "SET", "maxmemory", 0),
        fails=WRITES,
    ),
    "a read-only replica": Fault(
        lambda it: it.admin("REPLICAOF", "127.0.0.1", 1),
        lambda it: it.admin("REPLICAOF", "NO", "ONE"),
        fails=WRITES,
    ),
    "locked by another password": Fault(Broken.lock, Broken.unlock),
    "without its scripts": Fault(Broken.flush_scripts, lambda _: None, fails=NONE, seconds=0),
    "cut off again and again": Fault(
        lambda it: [it.admin("CLIENT", "KILL", "TYPE", "normal") for _ in range(20)],
        lambda _: None,
        fails=NONE,
        may_fail=WRITES,  # one that is cut off on its way may have happened, so it is not repeated
        seconds=0,
    ),
    "slow": Fault(lambda it: it.slow_down(2), lambda it: it.slow_down(0), seconds=2.5),
}


@pytest.fixture(scope="module")
def broken(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broken]:
    folder = tmp_path_factory.mktemp("faults")
    # What is written survives a kill without a wait for the disk, which a busy machine may stall
    # for longer than a request may take; "everysec" would hold writes back while it syncs.
    options = ("--appendfsync", "no", "--save", "")
    server = RedisServer(folder / "redis", options=options).start()
    with SlowProxy(server.port).running() as proxy:
        store = f"redis://127.0.0.1:{proxy.port}/0"
        # At its most talkative, so that what it must not say is looked for in all it says.
        environment = {"MELU_LOG_LEVEL": "debug"}
        service = Service(bundle, folder, environment, arguments=("--store", store)).start()
        yield Broken(server, service, proxy)
        service.stop()
    server.stop()


def is_well(client: httpx.Client) -> bool:
    """Tell whether the service is ready, and takes a write."""
    ready = client.get("/readyz")
    written = Visitor(client, "of every test").post({"item_id": "0", "rating": 5})
    return (ready.status_code, written.status_code) == (200, 200) and ready.json()["store"] == "ok"


def all_go_well(load: Load) -> bool:
    """Tell whether nothing failed of what the clients sent lately."""
    lately = time.monotonic() - 0.5
    return load.seen("write", lately) == load.seen("read", lately) == {200}


def assert_says_what_fails(client: httpx.Client, fails: set[str]) -> None:
    started = time.monotonic()
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    if fails == ALL:
        assert_problem(ready, 503, "store_unavailable")
        assert int(ready.headers["retry-after"]) >= 1
    else:
        assert ok(ready)["store"] == ("read_only" if fails else "ok")
        assert ("store_refusal" in ready.json()) == bool(fails)
    # What needs no store goes on.
    assert client.get("/onboarding/items").status_code == 200
    assert time.monotonic() - started < PATIENCE_SECONDS


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_redis_that_is(fault: Fault, broken: Broken):
    load = Load(broken.service)
    with load.running(), broken.service.client() as client:
        wait_for(lambda: len(load.answers) > 50, "some load")
        struck_at = time.monotonic()
        with contextlib.ExitStack() as mending:
            mending.callback(lambda: print(broken.service.log))  # pytest shows it of a failure
            mending.callback(fault.mend, broken)
            fault.strike(broken)
            time.sleep(fault.seconds)
            assert_says_what_fails(client, fault.fails)
            failed = {kind for kind in ALL if 503 in load.seen(kind, since=struck_at)}
        assert fault.fails <= failed <= fault.fails | fault.may_fail
        wait_for(lambda: is_well(client), "the service to recover", RECOVERY_SECONDS)
        wait_for(lambda: all_go_well(load), "the clients to go on", RECOVERY_SECONDS)

    load.assert_harmless()
    log = broken.service.log
    assert "Traceback" not in log
    assert load.acknowledged
    assert not [user for user in load.acknowledged if user in log or quote(user) in log]


def test_an_embedded_store_that_is_killed(service: Service):
    load = Load(service)
    with load.running(), service.client() as client:
        wait_for(lambda: len(load.answers) > 50, "some load")
        os.kill(service.store_pid(), signal.SIGKILL)
        wait_for(lambda: not is_well(client), "the failure to show", RECOVERY_SECONDS)
        wait_for(lambda: is_well(client), "the service to recover", RECOVERY_SECONDS)

    load.assert_harmless()
