"""Replicas are replaced one after the other while clients write, and page through lists."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from uuid import uuid4

import httpx

from tests.faults.replicas import Replicas, running_replicas
from tests.running import RedisServer, wait_for
from tests.service.visitors import Json, Visitor, ok

ITEMS = 60
PAGE = 12
RATED = {0: 5, 1: 4, 30: 1}
WRITERS = 2
READERS = 2


def version_of(bundle: Path) -> str:
    version: str = json.loads((bundle / "bundle.json").read_text())["version"]
    return version


def pages_after(visitor: Visitor, page: Json) -> list[Json]:
    """A page and all that follow."""
    pages = [page]
    while (cursor := pages[-1]["next_cursor"]) is not None:
        pages.append(visitor.recommendations(limit=PAGE, cursor=cursor))
    return pages


@dataclass
class Traffic:
    """Clients that send nothing twice, and take any answer but 200 for a failure.

    Attributes:
        replicas: Where they send to.
        acknowledged: User → item → rating.
        lists: Reader and model → the items of its list, as the first whole sequence showed them.
        sequences: Sequences of pages that were read to their end.
        model_versions: Those of answers, in the order of their first.
    """

    replicas: Replicas
    acknowledged: dict[str, dict[str, float]] = field(default_factory=dict)
    lists: dict[tuple[int, str], list[str]] = field(default_factory=dict)
    sequences: int = 0
    model_versions: list[str] = field(default_factory=list)
    stopping: Event = field(default_factory=Event)
    clients: list[Future[None]] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator["Traffic"]:
        with ThreadPoolExecutor(WRITERS + READERS) as pool:
            self.clients += [pool.submit(self._write) for _ in range(WRITERS)]
            self.clients += [pool.submit(self._read, number) for number in range(READERS)]
            try:
                yield self
            finally:
                self.stopping.set()
            for client in self.clients:
                client.result()

    def wait_for_more(self) -> None:
        """Wait for some whole sequences; raise what went wrong with a client."""
        before = self.sequences

        def are_read() -> bool:
            for client in self.clients:
                if client.done():
                    client.result()
            return self.sequences > before + 2

        wait_for(are_read, "clients to go on")

    def assert_stored(self, client: httpx.Client) -> None:
        """Hold that nothing that was acknowledged is lost, or stored as something else."""
        assert self.acknowledged
        for user, ratings in self.acknowledged.items():
            assert Visitor(client, user).ratings() == ratings

    def _write(self) -> None:
        with self.replicas.client() as client:
            while not self.stopping.is_set():
                visitor = Visitor(client, f"writer {uuid4()}")
                stored = self.acknowledged.setdefault(visitor.user_id, {})
                for item in range(ITEMS // 2):
                    event = {"item_id": str(item), "rating": 1 + item % 5, "event_id": str(uuid4())}
                    told = ok(visitor.post(event))
                    stored[str(item)] = event["rating"]
                    assert (told["accepted"], told["support_size"]) == (1, len(stored))
                    page = visitor.recommendations(limit=5)
                    assert page["support_size"] == len(stored)
                    if self.stopping.is_set():
                        return

    def _read(self, number: int) -> None:
        with self.replicas.client() as client:
            visitor = Visitor(client, f"reader {number} {uuid4()}")
            visitor.rate(RATED)
            while not self.stopping.is_set():
                pages = pages_after(visitor, visitor.recommendations(limit=PAGE))
                assert len({page["list_id"] for page in pages}) == 1
                (version,) = {page["model_version"] for page in pages}
                if version not in self.model_versions:
                    self.model_versions.append(version)
                items = [item["item_id"] for page in pages for item in page["items"]]
                assert len(set(items)) == len(items) == ITEMS - len(RATED)
                assert items == self.lists.setdefault((number, version), items)
                self.sequences += 1


def test_no_request_is_lost_and_no_list_mixed(bundle: Path, other_bundle: Path, tmp_path: Path):
    # Lists have to differ for a mixed one to be seen.
    old, new = version_of(bundle), version_of(other_bundle)
    server = RedisServer(tmp_path / "redis").start()
    try:
        with (
            running_replicas(bundle, tmp_path, server.url, count=2) as replicas,
            replicas.client() as client,
        ):
            held = Visitor(client, "holds a cursor")
            held.rate(RATED)
            whole = held.recommended(limit=200)
            first = held.recommendations(limit=PAGE)
            traffic = Traffic(replicas)
            with traffic.running():
                traffic.wait_for_more()
                for number in range(len(replicas.services)):
                    replicas.replace(number, other_bundle)
                    # The proxy finds it within a second.
                    time.sleep(1.5)
                traffic.wait_for_more()

            assert traffic.model_versions == [old, new]
            traffic.assert_stored(client)
            # What was begun on the old model goes on as it was, where only the new one is served.
            assert ok(client.get("/model"))["version"] == new
            pages = pages_after(held, first)
            assert {page["list_id"] for page in pages} == {first["list_id"]}
            assert [item["item_id"] for page in pages for item in page["items"]] == whole
            again = held.recommended(limit=200)
            assert set(again) == set(whole)
            assert again != whole
            for service in replicas.services:
                assert "Traceback" not in service.log
    finally:
        server.stop()
