"""From the command line: feedback of a running service becomes the next bundle that it serves."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from model.bundle.bundle import load_bundle
from tests.running import Service, run_melu, running_redis, wait_for
from tests.service.visitors import Visitor, ok
from tests.worlds import write_two_tastes

VISITORS = 30
COMEDIES, HORROR = range(12), range(30, 42)


@dataclass
class Loop:
    """A service, and what retrains its model."""

    folder: Path
    store: str
    service: Service
    before: list[str] = field(default_factory=list)

    @property
    def served(self) -> str:
        with self.service.client() as client:
            return str(ok(client.get("/model"))["version"])

    def run(self, *further: str) -> dict[str, Any]:
        """Retrain by the command line; return the report."""
        ended = run_melu(
            *("retrain", str(self.folder / "data"), "--model", str(self.folder / "model")),
            *("--work", str(self.folder / "work"), "--store", self.store),
            *("--erasure-log", str(self.folder / "erasures.log")),
            *("--epochs", "2", *further),
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        report: dict[str, Any] = json.loads((self.folder / "work" / "report.json").read_text())
        return report | {"text": ended.stdout}


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    folder = tmp_path_factory.mktemp("loop")
    write_two_tastes(folder / "data")
    environment = {
        "MELU_MODEL_WATCH_SECONDS": "0.2",
        "MELU_ERASURE_LOG": str(folder / "erasures.log"),
    }
    with running_redis(folder / "redis") as store:
        service = Service(
            folder / "model", folder / "service", environment, arguments=("--store", store)
        )
        loop = Loop(folder, store, service)
        first = loop.run("--preset", "melu", "--hold-out", "0.3")
        assert first["outcome"] == "first"
        loop.before.append(first["train"]["version"])
        service.start()
        yield loop
        service.stop()


@pytest.fixture(scope="module")
def retrained(loop: Loop) -> dict[str, Any]:
    """The report of a run after visitors came, and somebody went."""
    with loop.service.client() as client:
        ok(
            client.put(
                "/items/w1", json={"title": "High Noon", "attributes": {"genre": ["comedy"]}}
            ),
            201,
        )
        for number in range(VISITORS):
            loved, hated = (COMEDIES, HORROR) if number % 2 else (HORROR, COMEDIES)
            visitor = Visitor(client, f"visitor {number}")
            visitor.rate(dict.fromkeys(loved, 5) | dict.fromkeys(hated, 1))
            if number % 2:
                visitor.tell({"item_id": "w1", "action": "like", "source": "onboarding"})
                visitor.tell({"item_id": "20", "action": "unseen"})
        Visitor(client, "u3").rate({0: 5})
        assert client.delete("/users/u3").status_code == 204
        assert client.delete("/users/visitor 1").status_code == 204
    # What a run left that was killed.
    left = loop.folder / "work" / ".export-killed" / "new"
    left.mkdir(parents=True)
    (left / "feedback-00000.parquet").write_bytes(b"of users")
    # So short a training of so small a world may end anywhere.
    return loop.run("--from-served", "--list-loss", "1", "--rating-loss", "4")


def test_what_users_told_is_learnt(loop: Loop, retrained: dict[str, Any]):
    assert retrained["outcome"] == "promoted"
    assert retrained["export"]["users"] == VISITORS - 1
    assert retrained["export"]["onboarding"] == VISITORS // 2 - 1
    merged = retrained["merge"]
    assert merged["new_users"] == VISITORS - 1
    assert merged["added"] == 24 * (VISITORS - 1) + VISITORS // 2 - 1
    assert merged["new_items"] == 1
    assert merged["left_out"] == {"the action unseen": VISITORS // 2 - 1}
    assert retrained["train"]["started_from"] == loop.before[0]
    assert retrained["train"]["held_out"] == 0.3
    assert "w1" in load_bundle(loop.folder / "model", prepare=False).catalogue.index_of


def test_who_was_erased_is_not_learnt_from(retrained: dict[str, Any]):
    # One of the users of the data, by the record of erasures; the other went from the store.
    assert retrained["merge"]["erased_users"] == 1
    assert retrained["merge"]["rows"] == 24 * 159


def test_nothing_of_what_users_told_is_left_in_files(loop: Loop, retrained: dict[str, Any]):
    assert retrained["verdict"]["users"] >= 20
    assert "promoted" in retrained["text"]
    assert sorted(path.name for path in (loop.folder / "work").iterdir()) == [
        "candidate",
        "lock",
        "report.json",
    ]


def test_nor_where_a_run_is_terminated(loop: Loop, retrained: dict[str, Any], tmp_path: Path):
    version, work, said = retrained["train"]["version"], tmp_path / "work", tmp_path / "said"
    wait_for(lambda: loop.served == version, "the service to take the bundle over", 30)
    command = (
        *(sys.executable, "-m", "scripts.cli", "retrain", str(loop.folder / "data")),
        *("--model", str(loop.folder / "model"), "--work", str(work), "--store", loop.store),
        *("--epochs", "1000"),
    )
    with said.open("wb") as told, subprocess.Popen(command, stderr=told) as process:
        wait_for(lambda: b"epoch 1 of" in said.read_bytes(), "the training to begin", 60)
        assert (work / "data").is_dir()
        process.terminate()

    assert process.returncode == 1, said.read_text()
    assert sorted(path.name for path in work.iterdir()) == ["lock", "report.json"]
    assert json.loads((work / "report.json").read_text())["outcome"] == "stopped"
    assert loop.served == version


def test_the_service_takes_the_bundle_over_and_goes_back(loop: Loop, retrained: dict[str, Any]):
    new, old = retrained["train"]["version"], loop.before[0]
    wait_for(lambda: loop.served == new, "the service to take the bundle over", 30)

    ended = run_melu("promote", "--roll-back", "--current", str(loop.folder / "model"))

    assert ended.returncode == 0, ended.stderr
    assert f"{old} is in" in ended.stdout
    wait_for(lambda: loop.served == old, "the service to go back", 30)
    with loop.service.client() as client:
        assert Visitor(client, "visitor 0").recommended()


def test_a_bundle_of_everybody_begins_no_loop(
    loop: Loop, bundle_of: Callable[[str], Path], tmp_path: Path
):
    ended = run_melu(
        *("retrain", str(loop.folder / "data"), "--model", str(bundle_of("melu"))),
        *("--work", str(tmp_path / "work"), "--store", loop.store),
    )

    assert ended.returncode == 1
    assert "--hold-out" in ended.stderr
    assert json.loads((tmp_path / "work" / "report.json").read_text())["outcome"] == "failed"


def test_the_service_answered_all_the_while(loop: Loop, retrained: dict[str, Any]):
    assert retrained["seconds"].keys() == {"export", "merge", "train", "judge"}
    assert httpx.get(f"{loop.service.url}/readyz", verify=False).status_code == 200
    assert "Traceback" not in loop.service.log
