"""A primary with a replica and nobody who watches over them: an operator replaces what fails."""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from tests.faults.load import Load
from tests.running import RedisServer, Service, start_all, wait_for
from tests.service.visitors import Visitor, assert_problem, ok
from tests.topologies import Replicated, running_replicated

pytestmark = [pytest.mark.clock, pytest.mark.patient]

RECOVERY_SECONDS = 10
AGREE_SECONDS = 1.0
CONTENT = {"title": "Put", "attributes": {"genre": ["comedy"], "year": 1990}}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicated]:
    with running_replicated(tmp_path_factory.mktemp("replicated")) as pair:
        yield pair


@pytest.fixture(scope="module")
def services(
    pair: Replicated, bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Service, Service]]:
    """One that waits for the replica, and one that does not; each has two workers."""
    waiting, plain = (
        Service(
            bundle,
            tmp_path_factory.mktemp("service"),
            {"MELU_STORE_WAIT_REPLICAS": replicas},
            arguments=("--store", pair.url, "--workers", "2"),
        )
        for replicas in ("1", "0")
    )
    with contextlib.ExitStack() as stack:
        for service in start_all(waiting, plain):
            stack.callback(service.stop)
        yield waiting, plain


@pytest.fixture
def waiting(services: tuple[Service, Service]) -> Service:
    return services[0]


@pytest.fixture
def plain(services: tuple[Service, Service]) -> Service:
    return services[1]


def send(server: RedisServer, number: signal.Signals) -> None:
    assert server.process is not None
    server.process.send_signal(number)


@dataclass(frozen=True)
class Fault:
    """What happens, how it ends, and who fails meanwhile."""

    strike: Callable[[Replicated], object]
    mend: Callable[[Replicated], object]
    fails_waiting: bool = True
    fails_plain: bool = False


def lag(seconds: float) -> Callable[[Replicated], None]:
    def hold_back(it: Replicated) -> None:
        it.link.delay_seconds = seconds

    return hold_back


FAULTS = {
    "the replica is stopped": Fault(lambda it: it.replica.stop(), lambda it: it.replica.start()),
    "the replica is killed": Fault(lambda it: it.replica.kill(), lambda it: it.replica.start()),
    "the replica is frozen": Fault(
        lambda it: send(it.replica, signal.SIGSTOP), lambda it: send(it.replica, signal.SIGCONT)
    ),
    "the replica is cut off": Fault(Replicated.cut_off, Replicated.join),
    "the replica lags too far": Fault(lag(1.0), lag(0)),
    "the replica lags a little": Fault(lag(0.05), lag(0), fails_waiting=False),
    "the primary is killed": Fault(
        lambda it: it.primary.kill(), lambda it: it.primary.start(), fails_plain=True
    ),
}


def all_go_well(load: Load) -> bool:
    lately = time.monotonic() - 0.5
    return load.seen("write", lately) == load.seen("read", lately) == {200}


@pytest.mark.parametrize("waits", [True, False], ids=["waiting", "plain"])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_when(fault: Fault, waits: bool, pair: Replicated, waiting: Service, plain: Service):
    service = waiting if waits else plain
    fails = fault.fails_waiting if waits else fault.fails_plain
    load = Load(service)
    with load.running(), service.client() as client:
        wait_for(lambda: len(load.answers) > 50, "some load")
        struck_at = time.monotonic()
        with contextlib.ExitStack() as mending:
            mending.callback(lambda: print(service.log))  # pytest shows it of a failure
            mending.callback(fault.mend, pair)
            fault.strike(pair)
            # Writes under way may have the replica still.
            time.sleep(1.5)
            failed_writes = 503 in load.seen("write", since=struck_at)
            failed_reads = 503 in load.seen("read", since=struck_at)
            if fails and not fault.fails_plain:
                told = ok(client.get("/readyz"))
                assert told["store"] == "read_only"
                assert "0 of 1 replicas" in told["store_refusal"]
        assert failed_writes == fails
        assert failed_reads == fault.fails_plain
        wait_for(lambda: all_go_well(load), "the clients to go on", RECOVERY_SECONDS)
        wait_for(
            lambda: client.get("/readyz").json()["store"] == "ok",
            "the store to be well",
            RECOVERY_SECONDS,
        )

    load.assert_harmless()
    assert "Traceback" not in service.log
    pair.wait_until_followed()


def put(service: Service, item: str) -> int:
    with service.client() as client:
        return client.put(f"/items/{item}", json=CONTENT).status_code


def statuses(services: tuple[Service, Service], item: str) -> set[int]:
    """What all workers answer: each attempt has a connection of its own."""
    found = set()
    for service in services:
        for _ in range(12):
            with service.client() as client:
                found.add(client.get(f"/items/{item}").status_code)
    return found


def last_seen(services: tuple[Service, Service], item: str) -> float:
    """Ask all workers for an item that is gone; return when the last one still had it."""
    last = began = time.monotonic()
    while time.monotonic() < began + 3 * AGREE_SECONDS:
        if 200 in statuses(services, item):
            last = time.monotonic()
    return last


def kill(pair: Replicated) -> None:
    pair.primary.kill()


def freeze(pair: Replicated) -> None:
    send(pair.primary, signal.SIGSTOP)


def thaw(pair: Replicated) -> None:
    send(pair.replica, signal.SIGCONT)


@pytest.mark.parametrize(
    ("strike", "mend"),
    [(kill, lambda _: None), (freeze, thaw)],
    ids=["killed", "frozen, and back as a second primary"],
)
def test_when_the_replica_takes_the_place_of_a_primary_that_is(
    strike: Callable[[Replicated], None],
    mend: Callable[[Replicated], None],
    pair: Replicated,
    services: tuple[Service, Service],
    user: str,
):
    waiting = services[0]
    kept, phantom = f"kept-{uuid4()}", f"phantom-{uuid4()}"
    load = Load(waiting)
    with load.running(), waiting.client() as client:
        wait_for(lambda: put(waiting, kept) in (200, 201), "an item to be acknowledged")
        wait_for(lambda: len(load.answers) > 50, "some load")
        pair.cut_off()
        # It happened, but is not acknowledged.
        assert put(waiting, phantom) == 503
        assert statuses(services, phantom) == {200}
        strike(pair)
        struck_at = time.monotonic()
        wait_for(lambda: 503 in load.seen("read", struck_at), "the failure to show")

        pair.promote()
        pair.address.move(pair.primary.port)
        moved_at = time.monotonic()

        assert last_seen(services, phantom) - moved_at < AGREE_SECONDS
        assert statuses(services, kept) == {200}
        mend(pair)
        pair.follow()
        wait_for(lambda: all_go_well(load), "the clients to go on", RECOVERY_SECONDS)
        pair.wait_until_followed()
        wait_for(
            lambda: client.get("/readyz").json()["store"] == "ok",
            "the store to be well",
            RECOVERY_SECONDS,
        )
        assert statuses(services, phantom) == {404}
        page = ok(client.get(f"/users/{user}/recommendations", params={"limit": 200}))
        recommended = {item["item_id"] for item in page["items"]}
        assert kept in recommended
        assert phantom not in recommended
    load.assert_harmless()
    for service in services:
        assert "Traceback" not in service.log


def test_when_they_change_places_while_connections_stay_open(
    pair: Replicated, services: tuple[Service, Service], user: str
):
    """An address that moves for new connections only, as a name does in DNS."""
    waiting, plain = services
    with waiting.client() as client, plain.client() as other:
        visitor, same = Visitor(client, user), Visitor(other, user)
        visitor.rate({0: 5})
        pair.promote()
        # What a primary without a replica takes is not acknowledged.
        assert_problem(visitor.post({"item_id": "1", "rating": 4}), 503, "store_unavailable")
        pair.address.to_port = pair.primary.port
        pair.follow()
        pair.wait_until_followed()

        for one in (visitor, same):
            wait_for(
                lambda one=one: one.post({"item_id": "2", "rating": 3}).status_code == 200,
                "writes to find the primary",
                RECOVERY_SECONDS,
            )
        for _ in range(20):
            rating = 1 + time.monotonic_ns() % 5
            visitor.rate({3: rating})
            assert {tuple(one.ratings().items()) for one in (visitor, same)} == {
                (("3", rating), ("2", 3), ("0", 5))
            }
