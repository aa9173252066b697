"""Running out of something is never taken for the death of something else."""

import resource
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from app.store import scarcity
from app.store.scarcity import scarce
from tests.running import Service, wait_for
from tests.service.visitors import ok


def test_a_service_without_descriptors_keeps_its_healthy_store(bundle: Path, tmp_path: Path):
    environment = {"MELU_MAX_CONNECTIONS": "5000"}
    service = Service(bundle, tmp_path / "few", environment).start()
    assert service.process is not None
    pid = service.process.pid
    try:
        before = ok(httpx.get(f"{service.url}/readyz"))
        assert "scarce" not in before
        used = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 40, hard))
        with httpx.Client(base_url=service.url, timeout=10) as known, ExitStack() as stack:
            assert known.get("/healthz").status_code == 200
            for _ in range(80):  # far more than are left; the rest waits to be taken
                stack.enter_context(socket.create_connection(("127.0.0.1", service.port)))
            wait_for(
                lambda: ok(known.get("/readyz")).get("scarce") == ["descriptors"], "scarcity", 10
            )
            end = time.monotonic() + 5
            statuses = set()
            while time.monotonic() < end:
                event = {"item_id": "5", "rating": 5}
                statuses.add(known.post("/users/a/feedback", json=event).status_code)
                time.sleep(0.05)
            assert statuses == {200}
        assert "starting it again" not in service.log
        assert httpx.get(f"{service.url}/readyz").status_code == 200
    finally:
        service.stop()


def test_the_limit_on_descriptors_is_raised(service: Service):
    assert service.process is not None
    soft, hard = resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE)

    assert soft >= min(hard, 65_536) or hard == resource.RLIM_INFINITY


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert "disk" not in scarce(tmp_path)
    monkeypatch.setattr(scarcity, "LEAST_DISK_BYTES", 2**60)

    assert "disk" in scarce(tmp_path)
    assert "disk" not in scarce(None)


def _write(root: Path, files: dict[str, object]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{content}\n")
    return root


UNLIMITED = {"sys/fs/cgroup/memory.current": 10, "sys/fs/cgroup/memory.max": "max"}


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({}, []),
        (UNLIMITED, []),
        ({"proc/meminfo": "MemTotal: 1000 kB\nMemAvailable: 40 kB"}, ["memory"]),
        ({"proc/meminfo": "MemTotal: 1000 kB\nMemAvailable: 60 kB"}, []),
        ({"sys/fs/cgroup/memory.current": 96, "sys/fs/cgroup/memory.max": 100}, ["memory"]),
        (
            {
                "sys/fs/cgroup/memory.current": 96,
                "sys/fs/cgroup/memory.max": 100,
                "sys/fs/cgroup/memory.stat": "anon 56\ninactive_file 40",
            },
            [],
        ),
        (
            {
                "sys/fs/cgroup/memory/memory.usage_in_bytes": 99,
                "sys/fs/cgroup/memory/memory.limit_in_bytes": 100,
            },
            ["memory"],
        ),
        ({"sys/fs/cgroup/pids.current": 91, "sys/fs/cgroup/pids.max": 100}, ["threads"]),
        ({"sys/fs/cgroup/pids/pids.current": 9, "sys/fs/cgroup/pids/pids.max": 10}, ["threads"]),
        ({"sys/fs/cgroup/pids.current": 50, "sys/fs/cgroup/pids.max": 100}, []),
    ],
)
def test_memory_and_threads_are_named(tmp_path: Path, files: dict[str, object], named: list[str]):
    assert scarce(None, _write(tmp_path, files)) == named
