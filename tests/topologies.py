"""Stores of several servers: a cluster, and a primary with a replica, watched over or not."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import redis

from tests.faults.slow_proxy import SlowProxy
from tests.ports import free_port
from tests.running import RedisServer, wait_for

SLOTS = 16384
SERVICE = "primary"
_NOTICED_MS = 1000
"""After which a server that doesn't answer is taken for dead."""
FAILOVER_SECONDS = 20
"""Until which another has taken its place, and everybody knows."""


def _client(server: RedisServer) -> redis.Redis:
    return redis.Redis(port=server.port, decode_responses=True)


@dataclass
class Cluster:
    """A cluster; primary number i has replica number i if it has any."""

    folder: Path
    primaries: list[RedisServer] = field(default_factory=list)
    replicas: list[RedisServer] = field(default_factory=list)

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(
            f"127.0.0.1:{server.port}" for server in self.primaries
        )

    @property
    def servers(self) -> list[RedisServer]:
        return [*self.primaries, *self.replicas]

    def start(self, primaries: int = 3, *, replicated: bool = False) -> "Cluster":
        self.primaries = [self._server(f"primary-{i}") for i in range(primaries)]
        self.replicas = [
            self._server(f"replica-{i}") for i in range(primaries if replicated else 0)
        ]
        first = self.primaries[0]
        for number, server in enumerate(self.primaries):
            with _client(server) as client:
                bounds = SLOTS * number // primaries, SLOTS * (number + 1) // primaries - 1
                client.execute_command("CLUSTER ADDSLOTSRANGE", *bounds)
                client.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
        for server in self.servers[1:]:
            with _client(server) as client:
                client.execute_command("CLUSTER MEET", "127.0.0.1", first.port)
        wait_for(lambda: all(self._knows_all(one) for one in self.servers), "the cluster to meet")
        for primary, replica in zip(self.primaries, self.replicas, strict=False):
            with _client(primary) as client:
                name = client.execute_command("CLUSTER MYID")
            with _client(replica) as client:
                client.execute_command("CLUSTER REPLICATE", name)
        wait_for(lambda: all(self._is_ok(one) for one in self.servers), "the cluster to be ok")
        for replica in self.replicas:
            wait_for(lambda replica=replica: _follows(replica), "a replica to follow")
        return self

    def stop(self) -> None:
        for server in self.servers:
            server.stop()

    def _server(self, name: str) -> RedisServer:
        options = ("--cluster-enabled", "yes", "--cluster-node-timeout", str(_NOTICED_MS))
        return RedisServer(
            self.folder / name,
            options=(*options, "--repl-diskless-sync-delay", "0"),
        ).start()

    def _knows_all(self, server: RedisServer) -> bool:
        with _client(server) as client:
            state = client.execute_command("CLUSTER INFO")
        return state["cluster_known_nodes"] == str(len(self.servers))

    def _is_ok(self, server: RedisServer) -> bool:
        with _client(server) as client:
            return client.execute_command("CLUSTER INFO")["cluster_state"] == "ok"


@dataclass
class Watched:
    """A primary with a replica, and a Sentinel that promotes the one if the other dies."""

    folder: Path
    servers: list[RedisServer] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"redis+sentinel://127.0.0.1:{self.servers[2].port}/{SERVICE}"

    @property
    def primary(self) -> RedisServer:
        return self.servers[0]

    @property
    def replica(self) -> RedisServer:
        return self.servers[1]

    def start(self) -> "Watched":
        primary = RedisServer(self.folder / "primary").start()
        follows = ("--replicaof", f"127.0.0.1 {primary.port}", "--repl-diskless-sync-delay", "0")
        replica = RedisServer(self.folder / "replica", options=follows).start()
        wait_for(lambda: _follows(replica), "the replica to follow")
        folder = self.folder / "sentinel"
        folder.mkdir(parents=True)
        settings = folder / "sentinel.conf"
        settings.write_text(
            f"sentinel monitor {SERVICE} 127.0.0.1 {primary.port} 1\n"
            f"sentinel down-after-milliseconds {SERVICE} {_NOTICED_MS}\n"
            f"sentinel failover-timeout {SERVICE} 5000\n"
        )
        sentinel = RedisServer(folder, options=("--sentinel",), configuration=settings)
        self.servers = [primary, replica, sentinel.start()]
        with _client(sentinel) as client:
            wait_for(lambda: client.sentinel_slaves(SERVICE), "the Sentinel to find the replica")
        return self

    def stop(self) -> None:
        for server in reversed(self.servers):
            server.stop()


@dataclass
class Replicated:
    """A primary and a replica that nobody watches over: an operator promotes it.

    Attributes:
        folder: Where they write.
        address: What the service knows the store by, such as a virtual IP address.
        link: By which the replica reaches the primary.
        servers: The first is the primary, the second the replica.
    """

    folder: Path
    address: SlowProxy
    link: SlowProxy
    servers: list[RedisServer]

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.address.port}/0"

    @property
    def primary(self) -> RedisServer:
        return self.servers[0]

    @property
    def replica(self) -> RedisServer:
        return self.servers[1]

    def admin(self, server: RedisServer, *command: str | int) -> object:
        with _client(server) as client:
            return client.execute_command(*command)

    def cut_off(self) -> None:
        """Let the replica hear nothing any more."""
        self.link.move(free_port())

    def join(self) -> None:
        """Let the replica hear of the primary again."""
        self.link.move(self.primary.port)

    def wait_until_followed(self) -> None:
        """Wait for both: the replica knows that it follows before the primary does."""
        wait_for(lambda: _follows(self.replica), "the replica to follow")
        wait_for(lambda: self.admin(self.primary, "WAIT", 1, 100), "the primary to know it")

    def promote(self) -> None:
        """Make the replica the primary; the address stays where it is."""
        self.admin(self.replica, "REPLICAOF", "NO", "ONE")
        self.servers.reverse()
        self.join()

    def follow(self) -> None:
        """Make the former primary, which may be gone, the replica of the present one."""
        assert self.replica.process is not None
        follows = "127.0.0.1", self.link.port
        self.replica.options = (*_AT_ONCE, "--replicaof", f"{follows[0]} {follows[1]}")
        if self.replica.process.poll() is None:
            self.admin(self.replica, "REPLICAOF", *follows)
        else:
            self.replica.start()
        self.primary.options = _AT_ONCE


# What is written survives a kill without a wait for the disk, which a busy machine may stall for
# longer than a request may take.
_AT_ONCE = ("--repl-diskless-sync-delay", "0", "--appendfsync", "no", "--save", "")


def _follows(server: RedisServer) -> bool:
    with _client(server) as client:
        return client.info("replication").get("master_link_status") == "up"


@contextlib.contextmanager
def running_cluster(folder: Path, *, replicated: bool = False) -> Iterator[Cluster]:
    """Run a cluster of three."""
    cluster = Cluster(folder)
    try:
        yield cluster.start(replicated=replicated)
    finally:
        cluster.stop()


@contextlib.contextmanager
def running_sentinel(folder: Path) -> Iterator[Watched]:
    """Run a primary, its replica and a Sentinel."""
    watched = Watched(folder)
    try:
        yield watched.start()
    finally:
        watched.stop()


@contextlib.contextmanager
def running_replicated(folder: Path) -> Iterator[Replicated]:
    """Run a primary and its replica."""
    with contextlib.ExitStack() as stack:
        primary = RedisServer(folder / "one", options=_AT_ONCE).start()
        stack.callback(primary.stop)
        address, link = (stack.enter_context(SlowProxy(primary.port).running()) for _ in range(2))
        follows = ("--replicaof", f"127.0.0.1 {link.port}")
        replica = RedisServer(folder / "two", options=(*_AT_ONCE, *follows)).start()
        stack.callback(replica.stop)
        replicated = Replicated(folder, address, link, [primary, replica])
        replicated.wait_until_followed()
        yield replicated
