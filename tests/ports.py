"""Ports for what tests start, that nothing else on the machine is given meanwhile."""

import itertools
import os
import socket
from collections.abc import Iterator

_FIRST, _EACH = int(os.environ.get("MELU_TEST_PORTS", "11000")), 1_000
"""The first port; and how many each process has. Runs at the same time begin each elsewhere."""

_BUS = 10_000
"""Servers of a Redis Cluster talk to each other on a second port, so far above the first."""


def _in_turn() -> Iterator[int]:
    """Below those that the system hands out to connections, and for each of the processes that
    run tests side by side its own; not the same first one in two runs at a time."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 10
    first = _FIRST + _EACH * worker
    begin = os.getpid() % _EACH
    return itertools.cycle([*range(first + begin, first + _EACH), *range(first, first + begin)])


_PORTS = _in_turn()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a TCP port that nobody listens on, nor on the one that a cluster takes beside it."""
    return next(port for port in _PORTS if _is_free(port) and _is_free(port + _BUS))
