"""`import_items` of the Python clients: any number of items, and none that stops the others."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import cast
from uuid import uuid4

import pytest
from melu_client import (
    AsyncMelu,
    BulkItem,
    ImportProgress,
    ImportResult,
    Melu,
    UnknownItem,
    Unreachable,
)

from tests.ports import free_port
from tests.running import Service

COUNT = 1300
BAD = 700
Import = Callable[
    [str, Iterable[BulkItem], Callable[[ImportProgress], object] | None], ImportResult
]


def blocking(
    url: str, items: Iterable[BulkItem], progress: Callable[[ImportProgress], object] | None = None
) -> ImportResult:
    with Melu(url, retries=0) as melu:
        return melu.import_items(items, progress)


def awaited(
    url: str, items: Iterable[BulkItem], progress: Callable[[ImportProgress], object] | None = None
) -> ImportResult:
    async def imported() -> ImportResult:
        async with AsyncMelu(url, retries=0) as melu:
            return await melu.import_items(items, progress)

    return asyncio.run(imported())


def tried(
    url: str, items: Iterable[BulkItem], progress: Callable[[ImportProgress], object] | None = None
) -> ImportResult:
    with Melu(url, retries=0) as melu:
        return melu.import_items(items, progress, dry_run=True)


def tried_and_awaited(
    url: str, items: Iterable[BulkItem], progress: Callable[[ImportProgress], object] | None = None
) -> ImportResult:
    async def imported() -> ImportResult:
        async with AsyncMelu(url, retries=0) as melu:
            return await melu.import_items(items, progress, dry_run=True)

    return asyncio.run(imported())


@pytest.mark.parametrize("imports", [blocking, awaited])
def test_all_but_what_is_refused_is_stored(own_service: Service, imports: Import):
    word = uuid4().hex

    def rows() -> Iterator[BulkItem]:
        for number in range(COUNT):
            # Ten calls' worth of text, so that parts are bounded by their bytes as well.
            title = "" if number == BAD else f"{word} {number} {'long ' * 100}"
            yield {"item_id": f"{word} {number}", "title": title, "attributes": {}}

    told: list[ImportProgress] = []

    done = imports(own_service.url, rows(), told.append)

    assert (done.created, done.updated) == (COUNT - 1, 0)
    (refused,) = done.refused
    assert refused.item["item_id"] == f"{word} {BAD}"
    assert refused.error.code == "invalid_body"
    assert [one.done for one in told] == sorted({one.done for one in told})
    assert told[-1].done == COUNT
    assert len(told) > 3
    again = imports(own_service.url, list(rows())[:BAD], None)
    assert (again.created, again.updated, again.refused) == (0, BAD, [])
    with Melu(own_service.url) as melu:
        assert len(list(melu.all_items(query=word, limit=200))) == COUNT - 1


@pytest.mark.parametrize("imports", [tried, tried_and_awaited])
def test_a_dry_run_tells_what_would_become_of_each(service: Service, imports: Import):
    word = uuid4().hex
    with Melu(service.url) as melu:
        known = melu.item("5")
        other: BulkItem = {"item_id": "6", "title": word, "attributes": {}}
        items: list[BulkItem] = [
            {"item_id": f"{word} {one}", "title": "New"} for one in range(1100)
        ]
        items[BAD]["title"] = ""

        done = imports(service.url, [*items, cast(BulkItem, known), other], None)

        assert (done.created, done.updated) == (1099, 2)
        assert [one.item["item_id"] for one in done.refused] == [f"{word} {BAD}"]
        kinds = {one["item_id"]: one["change"] for one in done.changes}
        assert (kinds["5"], kinds["6"], kinds[f"{word} 0"]) == ("same", "changed", "new")
        assert len(done.changes) == len(kinds) == 1101
        with pytest.raises(UnknownItem):
            melu.item(f"{word} 0")
        assert melu.item("5") == known
        assert melu.item("6")["title"] != word


@pytest.mark.parametrize("imports", [blocking, awaited])
def test_a_service_that_is_gone_stops_it(imports: Import):
    item: BulkItem = {"item_id": "1", "title": "One", "attributes": {}}

    with pytest.raises(Unreachable):
        imports(f"http://127.0.0.1:{free_port()}", [item], None)


@pytest.mark.parametrize("imports", [blocking, awaited])
def test_nothing_is_no_call(imports: Import):
    assert imports(f"http://127.0.0.1:{free_port()}", [], None) == ImportResult()
