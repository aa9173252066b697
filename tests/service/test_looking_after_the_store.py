"""`melu store`: check, rewrite, backup, and back again."""

import random
import resource
import stat
import tarfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from redis.exceptions import ResponseError

from scripts.store import back_up_store
from scripts.store_connection import StoreError
from tests.running import Service, run_melu
from tests.service.visitors import Visitor

MOST_BYTES = 1_000_000


@pytest.fixture(scope="module")
def own(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(bundle, tmp_path_factory.mktemp("looked-after")).start()
    yield service
    service.stop()


def melu_store(command: str, service: Service, *arguments: str) -> tuple[int, str]:
    ended = run_melu("store", command, *arguments, MELU_STORE_FOLDER=str(service.folder / "store"))
    assert "Traceback" not in ended.stderr
    return ended.returncode, ended.stdout + ended.stderr


def test_check_tells_what_there_is_and_what_is_wrong(own: Service):
    with own.client() as client:
        Visitor(client, "one").rate({0: 5})
        Visitor(client, "other").rate({0: 5})

    status, told = melu_store("check", own)
    assert status == 0
    assert "users" in told
    assert " 2 " in told

    with own.store() as store:
        store.hset("melu:user:one", "f:1", "garbage")
        store.config_set("maxmemory-policy", "allkeys-lru")
    status, told = melu_store("check", own)
    assert status == 1
    assert "1 values" in told
    assert "noeviction" in told
    with own.store() as store:
        store.config_set("maxmemory-policy", "noeviction")
        store.hdel("melu:user:one", "f:1")


def test_rewrite_takes_out_what_was_erased(own: Service):
    with own.client() as client:
        visitor = Visitor(client, "to-be-forgotten")
        visitor.rate({0: 5})
        client.delete(visitor.path)
    files = own.folder / "store" / "appendonlydir"
    assert any(b"to-be-forgotten" in one.read_bytes() for one in files.iterdir())

    status, told = melu_store("rewrite", own)

    assert status == 0, told
    assert not any(b"to-be-forgotten" in one.read_bytes() for one in files.iterdir())


def test_a_backup_of_a_running_service_is_another_store(own: Service, bundle: Path, tmp_path: Path):
    with own.client() as client:
        Visitor(client, "backed-up").rate({0: 5, 1: 2})
    archive = tmp_path / "store.tar.gz"

    status, told = melu_store("backup", own, str(archive))
    assert status == 0, told
    with own.client() as client:
        Visitor(client, "later").rate({0: 5})

    folder = tmp_path / "restored"
    (folder / "store").mkdir(parents=True)
    with tarfile.open(archive) as files:
        files.extractall(folder / "store", filter="data")
    restored = Service(bundle, folder).start()
    try:
        with restored.client() as client:
            assert Visitor(client, "backed-up").ratings() == {"0": 5, "1": 2}
            assert client.get("/users/later").status_code == 404
    finally:
        restored.stop()
    before = archive.read_bytes()
    status, told = melu_store("backup", own, str(archive))
    assert status == 1
    assert "is there already; name another file" in " ".join(told.split())
    assert archive.read_bytes() == before


@pytest.fixture
def rewriting(own: Service) -> Iterator[None]:
    """A store that writes its files anew all the time, and has much to write."""
    end = threading.Event()

    def rewrite() -> None:
        with own.store() as store:
            while not end.wait(0.01):
                with suppress(ResponseError):  # the one before is not done
                    store.bgrewriteaof()

    names = [f"filler:{number}" for number in range(6)]
    with own.store() as store:
        for number, name in enumerate(names):
            store.set(name, random.Random(number).randbytes(MOST_BYTES // 2).hex())
        thread = threading.Thread(target=rewrite)
        thread.start()
        yield
        end.set()
        thread.join()
        store.delete(*names)


def test_a_backup_has_what_belongs_together_while_the_files_are_written_anew(
    own: Service, rewriting: None, tmp_path: Path
):
    for number in range(3):
        status, told = melu_store("backup", own, str(tmp_path / f"{number}.tar.gz"))
        assert status == 0, told

    for archive in tmp_path.iterdir():
        assert stat.filemode(archive.stat().st_mode) == "-rw-------"
        with tarfile.open(archive) as files:
            there = {Path(name).name: name for name in files.getnames() if "." in name}
            (manifest,) = (name for name in there if name.endswith(".manifest"))
            text = files.extractfile(there.pop(manifest))
            assert text is not None
            lines = text.read().decode().splitlines()
        current = {line.split()[1] for line in lines if not line.endswith("type h")}
        assert there.keys() == current


def test_files_that_their_manifest_does_not_fit_are_no_backup(tmp_path: Path):
    files = tmp_path / "store" / "appendonlydir"
    files.mkdir(parents=True)
    with pytest.raises(StoreError, match="no manifest"):
        back_up_store(tmp_path / "store", tmp_path / "store.tar")
    (files / "aof.manifest").write_text("file 1.aof seq 1 type b\nfile 2.aof seq 1 type i\n")
    (files / "1.aof").touch()

    with pytest.raises(StoreError, match="files of its manifest are missing"):
        back_up_store(tmp_path / "store", tmp_path / "store.tar")

    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_a_backup_that_does_not_fit_leaves_no_part_of_it(tmp_path: Path):
    files = tmp_path / "store" / "appendonlydir"
    files.mkdir(parents=True)
    (files / "1.aof").write_bytes(bytes(2 * MOST_BYTES))
    (files / "aof.manifest").write_text("file 1.aof seq 1 type i\n")
    there = tmp_path / "there"
    there.mkdir()

    _, hard = limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_BYTES, hard))
    try:
        with pytest.raises(StoreError, match=r"store\.tar can't be written: File too large"):
            back_up_store(tmp_path / "store", there / "store.tar")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert list(there.iterdir()) == []
    back_up_store(tmp_path / "store", there / "store.tar")
    assert [path.name for path in there.iterdir()] == ["store.tar"]


@pytest.mark.parametrize("command", ["check", "rewrite"])
def test_no_store_is_a_sentence(tmp_path: Path, command: str):
    ended = run_melu("store", command, MELU_STORE_FOLDER=str(tmp_path))

    assert ended.returncode == 1
    assert "no store answers" in ended.stderr
    assert "Traceback" not in ended.stderr
