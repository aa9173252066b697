"""Whom a restored store brings back, the record of erasures takes out again; it names nobody."""

import asyncio
import shutil
from pathlib import Path

import pytest

from app.store.erasure_log import ErasureLog, ErasureLogError, Erasures
from tests.running import Service, run_melu
from tests.service.visitors import Visitor, ok


def test_erased_users_do_not_stay_back(bundle: Path, tmp_path: Path):
    record = tmp_path / "kept" / "erasures.log"
    environment = {"MELU_ERASURE_LOG": str(record)}
    service = Service(bundle, tmp_path / "service", environment).start()
    names = ["erased {in} braces", "merged away", "stays", "came back"]
    with service.client() as client:
        erased, merged, stays, back = (Visitor(client, name) for name in names)
        for visitor in (erased, merged, stays, back):
            visitor.rate({0: 5})
        service.stop()
        shutil.copytree(tmp_path / "service" / "store", tmp_path / "backup")
        service.start()
        assert client.delete(erased.path).status_code == 204
        ok(client.post(f"{stays.path}/merge", json={"from_user_id": merged.user_id}))
        assert client.delete(back.path).status_code == 204
        service.stop()

        shutil.rmtree(tmp_path / "service" / "store")
        shutil.copytree(tmp_path / "backup", tmp_path / "service" / "store")
        service.start()
        assert all(visitor.ratings() for visitor in (erased, merged, stays, back))
        # One of them was erased, and is a user again since.
        ok(client.post(f"{stays.path}/merge", json={"from_user_id": back.user_id}))
        back.rate({1: 4})
        folder = str(tmp_path / "service" / "store")
        done = run_melu("store", "replay-erasures", str(record), "--folder", folder)

        assert "2 of 4 users were erased again" in done.stdout, done.stdout + done.stderr
        assert erased.ratings() == merged.ratings() == {}
        assert stays.ratings()
        assert back.ratings() == {"1": 4}
    service.stop()
    assert not [name for name in names if name in record.read_text()]
    assert record.stat().st_mode & 0o777 == 0o600


@pytest.mark.anyio
async def test_two_processes_may_begin_one(tmp_path: Path):
    path = tmp_path / "erasures.log"
    for log in (ErasureLog(path), ErasureLog(path)):
        await log.note("ann")
    await ErasureLog(path).note("bob")

    found = Erasures(path)

    assert found.erased_at("ann")
    assert found.erased_at("bob")
    assert found.erased_at("eve") is None
    assert path.read_text().count("melu-erasures") == 1


@pytest.mark.anyio
async def test_what_can_not_be_written_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    (tmp_path / "file").write_text("no folder")

    await ErasureLog(tmp_path / "file" / "erasures.log").note("ann")

    assert "record of erasures" in caplog.text
    with pytest.raises(ErasureLogError, match="no record"):
        Erasures(tmp_path / "file")


@pytest.mark.anyio
async def test_a_line_that_was_cut_off_takes_no_other_along(tmp_path: Path):
    path = tmp_path / "erasures.log"
    log = ErasureLog(path)
    for user in ("ann", "bob"):
        await log.note(user)
        # A disk that was full, and has room again.
        path.write_bytes(path.read_bytes()[:-20])
    await log.note("cy")

    found = Erasures(path)

    assert found.erased_at("cy")
    assert found.erased_at("ann") is found.erased_at("bob") is None


def test_who_asks_again_and_again_does_not_make_the_record_grow(bundle: Path, tmp_path: Path):
    record = tmp_path / "erasures.log"
    service = Service(bundle, tmp_path / "service", {"MELU_ERASURE_LOG": str(record)}).start()
    with service.client() as client:
        visitor = Visitor(client, "ann")
        for _ in range(20):
            assert client.delete(visitor.path).status_code == 204
        # The training data may name whom the store does not.
        assert len(record.read_text().splitlines()) == 1 + 1
        first = Erasures(record).erased_at("ann")

        visitor.rate({0: 5})
        assert client.delete(visitor.path).status_code == 204
        assert client.delete(visitor.path).status_code == 204
        assert len(record.read_text().splitlines()) == 1 + 2
    service.stop()
    last = Erasures(record).erased_at("ann")
    assert first is not None
    assert last is not None
    assert last > first


def test_a_time_that_is_none_erases_nobody_and_hides_nobody(tmp_path: Path):
    path = tmp_path / "erasures.log"
    asyncio.run(ErasureLog(path).note("ann"))
    at = Erasures(path).erased_at("ann")
    digest = path.read_text().split()[-1]
    with path.open("a") as file:
        file.write(f"nan {digest}\ninf {digest}\n")

    assert Erasures(path).erased_at("ann") == at
