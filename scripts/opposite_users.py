"""`melu opposite-users`: two users with opposite ratings, on a running service."""

from collections import Counter
from itertools import combinations
from typing import Any
from uuid import uuid4

import httpx
from rich.table import Table

from model.errors import ModelError
from scripts.terminal import output

Json = dict[str, Any]

PROBES_OF_FIRST_KIND, PROBES_OF_SECOND_KIND = 3, 2
LIST_LENGTH = 20
COMMON_KINDS = 8

Kind = tuple[str, str]
"""An attribute and one of its values."""


class OppositeUsersError(ModelError):
    """The comparison could not be made."""


def compare_opposite_users(url: str) -> None:
    """Let two new users with equal attributes rate five items oppositely; print both lists.

    The five are evidence candidates of two kinds that seldom go together, such as two genres:
    the first user gives one kind the highest rating and the other the lowest, the second user
    the reverse. The overlap of their next lists is printed, and how many items of each list are
    of each kind.

    Args:
        url: A running service; both users are erased from it afterwards.

    Raises:
        OppositeUsersError: If the service can't be reached or refuses.
    """
    try:
        with httpx.Client(base_url=url, timeout=30) as client:
            _compare(client)
    except httpx.HTTPError as error:
        raise OppositeUsersError(
            f"{url} does not answer as expected ({error}). Start the service with `make serve`."
        ) from error


def _answers(scale: list[float] | None) -> tuple[Json, Json]:
    """The answers of somebody who hates an item and who loves it: ratings, where there are any."""
    if scale is None:
        return {"action": "dislike"}, {"action": "like"}
    low, high = scale
    return {"rating": low}, {"rating": high}


def _compare(client: httpx.Client) -> None:
    hate, love = _answers(_get(client, "/model")["rating_scale"])
    candidates = _get(client, "/onboarding/items?limit=200")["items"]
    first, second = _kinds_apart(candidates)
    probes = _only(candidates, first, second)[:PROBES_OF_FIRST_KIND]
    others = _only(candidates, second, first)[:PROBES_OF_SECOND_KIND]
    lists = {}
    for loved, hated, kind in ((probes, others, first), (others, probes, second)):
        events = [{"item_id": item["item_id"], **love} for item in loved]
        events += [{"item_id": item["item_id"], **hate} for item in hated]
        lists[kind] = _list_after(client, events)
    titles = "; ".join(item["title"] for item in probes), "; ".join(i["title"] for i in others)
    table = Table(
        "",
        f"loves {first[1]}: {titles[0]}\nhates {second[1]}: {titles[1]}",
        "the reverse",
    )
    for one, other in zip(*lists.values(), strict=True):
        table.add_row(str(one["rank"]), one["title"], other["title"])
    output.print(table)
    first_ids, second_ids = ({item["item_id"] for item in items} for items in lists.values())
    output.print(f"overlap: {len(first_ids & second_ids)} of {LIST_LENGTH}")
    for kind in (first, second):
        counts = {lover: sum(_has(i, kind) for i in items) for lover, items in lists.items()}
        output.print(
            f"{kind[0]} {kind[1]}: {counts[first]} in the list of who liked {first[1]}, "
            f"{counts[second]} in the list of who liked {second[1]}"
        )


def _list_after(client: httpx.Client, events: list[Json]) -> list[Json]:
    """Let a new user give feedback; return the next list, and erase the user again."""
    user_id = f"opposite-{uuid4()}"
    try:
        client.post(f"/users/{user_id}/feedback", json={"events": events}).raise_for_status()
        path = f"/users/{user_id}/recommendations?limit={LIST_LENGTH}"
        items: list[Json] = _get(client, path)["items"]
        return items
    finally:
        client.delete(f"/users/{user_id}")


def _get(client: httpx.Client, path: str) -> Json:
    answer = client.get(path)
    answer.raise_for_status()
    body: Json = answer.json()
    return body


def _has(item: Json, kind: Kind) -> bool:
    found = item["attributes"].get(kind[0])
    return kind[1] in found if isinstance(found, list) else bool(found == kind[1])


def _only(items: list[Json], kind: Kind, other: Kind) -> list[Json]:
    return [item for item in items if _has(item, kind) and not _has(item, other)]


def _kinds_apart(items: list[Json]) -> tuple[Kind, Kind]:
    """Return two common kinds that share the fewest items."""
    counts: Counter[Kind] = Counter()
    for item in items:
        for name, found in item["attributes"].items():
            values = found if isinstance(found, list) else [found]
            counts.update((name, value) for value in values if isinstance(value, str))
    common = [kind for kind, _ in counts.most_common(COMMON_KINDS)]
    pairs = [
        (first, second)
        for first, second in combinations(common, 2)
        if len(_only(items, first, second)) >= PROBES_OF_FIRST_KIND
        and len(_only(items, second, first)) >= PROBES_OF_SECOND_KIND
    ]
    if not pairs:
        raise OppositeUsersError("the items have no two kinds with enough evidence candidates")

    def shared(pair: tuple[Kind, Kind]) -> float:
        both = sum(_has(item, pair[0]) and _has(item, pair[1]) for item in items)
        return both / min(counts[pair[0]], counts[pair[1]])

    return min(pairs, key=shared)
