import os
import shutil
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from tests.ports import free_port
from tests.running import Service, is_running, processes_in, run_melu, wait_for
from tests.service.visitors import Visitor


def children(pid: int) -> set[int]:
    """Ids of a process's running children."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return {child for child in map(int, text.split()) if is_running(child)}


def workers_of(service: Service) -> set[int]:
    assert service.process is not None
    return {
        child
        for child in children(service.process.pid)
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    }


def test_told_to_stop_the_service_takes_its_store_along_and_keeps_its_data(
    bundle: Path, tmp_path: Path
):
    service = Service(bundle, tmp_path, is_fresh=True)
    for order, known in ((signal.SIGTERM, {}), (signal.SIGINT, {"0": 5})):
        service.start()
        assert service.process is not None
        with service.client() as client:
            assert Visitor(client, "early").ratings() == known
            Visitor(client, "early").rate({0: 5})
        store = service.store_pid()

        service.process.send_signal(order)

        assert service.process.wait(timeout=30) == 0
        assert not is_running(store)
        assert processes_in(service.folder / "store") == set()
    assert "Traceback" not in service.log


def test_a_second_service_on_the_same_store_folder_refuses(service: Service, bundle: Path):
    second = run_melu(
        *("serve", "--model", str(bundle), "--port", str(free_port())),
        MELU_STORE_FOLDER=str(service.folder / "store"),
    )

    assert second.returncode == 1
    assert "another service uses the store" in second.stderr
    assert str(service.folder / "store") in second.stderr
    assert "MELU_STORE_FOLDER" in second.stderr
    assert "Traceback" not in second.stderr
    assert httpx.get(f"{service.url}/readyz").status_code == 200


def test_a_second_service_on_the_same_port_leaves_no_store_behind(
    service: Service, bundle: Path, tmp_path: Path
):
    second = run_melu(
        *("serve", "--model", str(bundle), "--port", str(service.port)),
        MELU_STORE_FOLDER=str(tmp_path / "store"),
    )

    assert second.returncode != 0
    assert "address already in use" in second.stderr
    assert processes_in(tmp_path / "store") == set()
    assert httpx.get(f"{service.url}/readyz").status_code == 200


def test_without_a_bundle_the_message_names_the_remedy(tmp_path: Path):
    ended = run_melu("serve", "--model", str(tmp_path / "none"), is_fresh=True)

    assert ended.returncode == 1
    assert str(tmp_path / "none") in ended.stderr
    assert "melu train" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "store").exists()


def test_with_a_damaged_bundle_the_message_says_what_is_damaged(bundle: Path, tmp_path: Path):
    damaged = shutil.copytree(bundle, tmp_path / "damaged")
    weights = damaged / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])

    ended = run_melu("serve", "--model", str(damaged))

    assert ended.returncode == 1
    assert "weights.safetensors" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_store_folder_that_the_store_cannot_use_is_named(bundle: Path, tmp_path: Path):
    ended = run_melu(
        "serve", "--model", str(bundle), MELU_STORE_FOLDER=str(tmp_path / "with a space")
    )

    assert ended.returncode == 1
    assert "with a space" in ended.stderr
    assert "MELU_STORE_FOLDER" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "example.org"])
def test_an_address_that_others_reach_needs_a_word_of_consent(bundle: Path, host: str):
    ended = run_melu("serve", "--model", str(bundle), "--host", host)

    assert ended.returncode == 1
    assert host in ended.stderr
    assert "--insecure" in ended.stderr


def test_with_that_word_it_listens(bundle: Path, tmp_path: Path):
    service = Service(bundle, tmp_path, arguments=("--host", "0.0.0.0", "--insecure")).start()

    assert service.stop() == 0


@pytest.mark.parametrize(
    "origin",
    ["shop.example", "https://shop.example/a", "ftp://shop.example", "https://a:b@c", "https://"],
)
def test_an_origin_that_no_browser_sends_is_named(bundle: Path, origin: str):
    ended = run_melu("serve", "--model", str(bundle), MELU_CORS_ORIGINS=origin)

    assert ended.returncode == 1
    assert ended.stderr.startswith("melu: MELU_CORS_ORIGINS: ")
    assert "scheme://host[:port]" in ended.stderr


@pytest.mark.parametrize("folder", ["/dev/null/store", "/proc/store"])
def test_a_store_folder_that_can_not_be_written_is_a_sentence(bundle: Path, folder: str):
    ended = run_melu("serve", "--model", str(bundle), MELU_STORE_FOLDER=folder)

    assert ended.returncode == 1
    assert "MELU_STORE_FOLDER" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_stores_folder_is_for_its_owner_alone(service: Service):
    assert (service.folder / "store").stat().st_mode & 0o077 == 0


def test_an_ipv6_address_is_written_as_one(bundle: Path, tmp_path: Path):
    assert Settings(host="::1", port=8152).address == "http://[::1]:8152"
    service = Service(bundle, tmp_path, arguments=("--host", "::1"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Service, "url", f"http://[::1]:{service.port}")
        service.start()
        assert service.stop() == 0
    assert f"http://[::1]:{service.port}" in service.log


@pytest.mark.parametrize(
    ("option", "value", "setting"),
    [
        ("--store", "http://127.0.0.1", "MELU_STORE_URL"),
        ("--port", "65536", "MELU_PORT"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(
    bundle: Path, option: str, value: str, setting: str
):
    ended = run_melu("serve", "--model", str(bundle), option, value)

    assert ended.returncode == 1
    assert ended.stderr.startswith(f"melu: {setting}: ")
    assert "Traceback" not in ended.stderr


def test_two_workers_see_each_others_writes(two_workers: Service):
    def write_and_read(number: int) -> None:
        # A connection of its own each time, so that any worker may take it.
        with two_workers.client() as client:
            told = Visitor(client, f"user {number % 10}").rate({number: 1 + number % 5})
            assert told["accepted"] == 1
        for _ in range(3):
            with two_workers.client() as client:
                ratings = Visitor(client, f"user {number % 10}").ratings()
                assert ratings[str(number)] == 1 + number % 5

    assert len(workers_of(two_workers)) == 2
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write_and_read, range(60)))

    with two_workers.client() as client:
        for user in range(10):
            expected = {str(i): 1 + i % 5 for i in range(user, 60, 10)}
            assert Visitor(client, f"user {user}").ratings() == expected
            assert Visitor(client, f"user {user}").support_version() == 6


def test_a_supervisor_has_no_torch(two_workers: Service):
    assert two_workers.process is not None
    maps = Path(f"/proc/{two_workers.process.pid}/maps").read_text()
    assert "libtorch" not in maps


def test_a_worker_that_gets_no_time_for_a_while_is_not_given_up(two_workers: Service):
    """Where many start at once on few cores, none answers its supervisor for seconds."""
    workers = workers_of(two_workers)
    starved = min(workers)
    os.kill(starved, signal.SIGSTOP)
    try:
        time.sleep(8)
    finally:
        os.kill(starved, signal.SIGCONT)
    # Only now would a supervisor that waited look after it.
    time.sleep(1)

    assert workers_of(two_workers) == workers
    two_workers.wait_until(200)


def test_a_killed_worker_is_replaced(two_workers: Service):
    killed, kept = sorted(workers_of(two_workers))
    os.kill(killed, signal.SIGKILL)

    wait_for(lambda: len(workers_of(two_workers) - {killed}) == 2, "another worker")

    assert kept in workers_of(two_workers)
    two_workers.wait_until(200)


def test_workers_end_with_a_killed_supervisor(two_workers: Service):
    """Else they would keep the port from the service that comes after."""
    with two_workers.client() as client:
        Visitor(client, "early").rate({0: 5})
    workers = workers_of(two_workers)

    two_workers.kill()
    wait_for(lambda: not any(map(is_running, workers)), "the workers to end", seconds=20)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", two_workers.port)) != 0
    two_workers.start()

    assert len(workers_of(two_workers)) == 2
    assert workers_of(two_workers).isdisjoint(workers)
    with two_workers.client() as client:
        assert Visitor(client, "early").ratings() == {"0": 5}
