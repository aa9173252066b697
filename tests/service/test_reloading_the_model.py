"""A new bundle takes over while the service runs; a bad one changes nothing."""

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx
import pytest

from tests.running import Service, wait_for
from tests.sealing import edit_manifest
from tests.service.visitors import Json, Visitor, assert_problem, ok

RELOADS = 100


@pytest.fixture(scope="module")
def reloading(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that reloads when it is told to, from a folder of its own."""
    folder = tmp_path_factory.mktemp("reloading")
    shutil.copytree(bundle, folder / "model")
    environment = {"MELU_MODEL_WATCH_SECONDS": "0"}
    service = Service(folder / "model", folder / "run", environment).start()
    yield service
    service.stop()


@pytest.fixture
def served(reloading: Service, bundle: Path) -> Service:
    """The same service on the first bundle again, whatever a test before left there."""
    _stand_in(reloading, bundle)
    ok(httpx.post(f"{reloading.url}/admin/model/reload", verify=False))
    return reloading


def _stand_in(service: Service, bundle: Path, broken: Callable[[Path], None] | None = None) -> None:
    """Let another bundle stand where the service looks, as `melu train` does: by renaming."""
    place = service.bundle
    new, old = place.with_name("new"), place.with_name("old")
    shutil.copytree(bundle, new)
    if broken is not None:
        broken(new)
    place.rename(old)
    new.rename(place)
    shutil.rmtree(old)


def _manifest(folder: Path, **changes: Json) -> None:
    edit_manifest(folder, lambda manifest: manifest.update(changes))


def _truncate(folder: Path) -> None:
    path = folder / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])


def _tamper(folder: Path) -> None:
    path = folder / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


BROKEN: dict[str, Callable[[Path], None]] = {
    "truncated": _truncate,
    "tampered": _tamper,
    "half written": lambda folder: (folder / "catalogue.parquet").unlink(),
    "without a manifest": lambda folder: (folder / "bundle.json").unlink(),
    "a manifest that is no JSON": lambda folder: (folder / "bundle.json").write_text("{"),
    "of an older format": lambda folder: _manifest(folder, format_version=1),
    "of another data set": lambda folder: _manifest(folder, dataset="other"),
    "of another scale": lambda folder: _manifest(folder, rating_scale=[0, 10]),
}


def test_a_new_bundle_answers_once_it_is_loaded(served: Service, other_bundle: Path, user: str):
    with served.client() as client:
        visitor = Visitor(client, user)
        visitor.rate({1: 5, 33: 1})
        ok(
            client.put("/items/new", json={"title": "New", "attributes": {"genre": ["comedy"]}}),
            201,
        )
        before = visitor.recommendations(limit=200)
        _stand_in(served, other_bundle)
        assert visitor.recommendations(limit=200) == before
        done = ok(client.post("/admin/model/reload"))
        after = visitor.recommendations(limit=200)
        assert done == {
            "version": after["model_version"],
            "previous_version": before["model_version"],
        }
        assert done["version"] != done["previous_version"]
        assert ok(client.get("/readyz"))["model"] == done["version"]
        assert [one["score"] for one in after["items"]] != [one["score"] for one in before["items"]]
        # What was put lies over the new bundle's catalogue too.
        assert "new" in visitor.recommended(limit=200)
        assert ok(client.post("/admin/model/reload"))["previous_version"] == done["version"]
        assert client.delete("/items/new").status_code == 204


@pytest.mark.parametrize("broken", BROKEN)
def test_a_bad_bundle_is_refused_and_changes_nothing(
    served: Service, other_bundle: Path, user: str, broken: str
):
    with served.client() as client:
        visitor = Visitor(client, user)
        visitor.rate({1: 5, 33: 1})
        before = visitor.recommendations(limit=200)
        _stand_in(served, other_bundle, BROKEN[broken])
        problem = assert_problem(client.post("/admin/model/reload"), 422, "invalid_bundle")
        assert "bundle can't be used" in problem["detail"]
        assert visitor.recommendations(limit=200) == before


def test_every_worker_finds_a_new_bundle_by_itself(
    bundle: Path, other_bundle: Path, tmp_path: Path
):
    shutil.copytree(bundle, tmp_path / "model")
    environment = {"MELU_MODEL_WATCH_SECONDS": "0.2"}
    service = Service(tmp_path / "model", tmp_path / "run", environment, ("--workers", "2")).start()
    new = json.loads((other_bundle / "bundle.json").read_text())["version"]

    def versions() -> set[str]:
        found = set()
        for _ in range(20):  # a new connection each, so that both workers answer
            ready = httpx.get(service.url + "/readyz", verify=False)
            found.add(ready.json().get("model", ready.text))
        return found

    try:
        assert new not in versions()
        _stand_in(service, other_bundle, _truncate)
        wait_for(lambda: "can't be used" in service.log, "the refusal in the log", 20)
        assert new not in versions()
        _stand_in(service, other_bundle)
        wait_for(lambda: versions() == {new}, "both workers to take the bundle over", 20)
    finally:
        service.stop()


class Readers:
    """Clients that ask for one user's ranking until told to stop."""

    def __init__(self, service: Service, user: str, expected: dict[str, list[Json]]) -> None:
        self.service = service
        self.user = user
        self.expected = expected
        self.stopping = Event()
        self.answers = 0

    def run(self, number: int) -> None:
        with self.service.client() as client:
            while not self.stopping.is_set():
                # Another limit each time, so that answers come from the model and not from memory.
                number += 1
                limit = 1 + number % 40
                answer = Visitor(client, self.user).recommendations(limit=limit)
                assert answer["items"] == self.expected[answer["model_version"]][:limit]
                self.answers += 1


def test_a_hundred_reloads_under_load(served: Service, bundle: Path, other_bundle: Path, user: str):
    with served.client() as client:
        visitor = Visitor(client, user)
        visitor.rate({1: 5, 33: 1})
        expected = {}
        for one in (other_bundle, bundle):
            _stand_in(served, one)
            version = ok(client.post("/admin/model/reload"))["version"]
            expected[version] = visitor.recommendations(limit=60)["items"]
        assert len(expected) == 2
        readers = Readers(served, user, expected)
        with ThreadPoolExecutor(3) as pool:
            running = [pool.submit(readers.run, 13 * number) for number in range(3)]
            try:
                for number in range(RELOADS):
                    broken = number % 5 == 4
                    one = (other_bundle, bundle)[number % 2]
                    _stand_in(served, one, _tamper if broken else None)
                    answer = client.post("/admin/model/reload")
                    assert answer.status_code == (422 if broken else 200), answer.text
            finally:
                readers.stopping.set()
            for reader in running:
                reader.result()
        assert readers.answers > RELOADS
