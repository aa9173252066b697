"""`melu opposite-users`: two users with opposite ratings, on a running service."""

from typing import Any
from uuid import uuid4

import httpx
from rich.table import Table

from model.errors import ModelError
from scripts.terminal import output

Json = dict[str, Any]

PROBES = 5
LIST_LENGTH = 20


class OppositeUsersError(ModelError):
    """The comparison could not be made."""


def compare_opposite_users(url: str) -> None:
    """Let two new users with equal attributes rate five items oppositely; print both lists.

    Of the evidence candidates, five that share a value of an attribute get the highest rating
    from the first user and the lowest from the second; both rate them within a second. The
    overlap of their next lists is printed, and how many items of each list are of that kind.

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


def _compare(client: httpx.Client) -> None:
    low, high = _get(client, "/model")["rating_scale"]
    attribute, value, probes = _probes_of_one_kind(_get(client, "/onboarding/items?limit=200"))
    shown = ", ".join(item["title"] for item in probes)
    output.print(f"Both rate five items with {attribute} {value}: {shown}")
    lists = {}
    for rating in (high, low):
        user_id = f"opposite-{uuid4()}"
        events = [{"item_id": item["item_id"], "rating": rating} for item in probes]
        try:
            answer = client.post(f"/users/{user_id}/feedback", json={"events": events})
            answer.raise_for_status()
            path = f"/users/{user_id}/recommendations?limit={LIST_LENGTH}"
            lists[rating] = _get(client, path)["items"]
        finally:
            client.delete(f"/users/{user_id}")
    table = Table("", f"rated them {high:g}", f"rated them {low:g}")
    for first, second in zip(*lists.values(), strict=True):
        table.add_row(str(first["rank"]), first["title"], second["title"])
    output.print(table)
    first_ids, second_ids = ({item["item_id"] for item in items} for items in lists.values())
    output.print(f"overlap: {len(first_ids & second_ids)} of {LIST_LENGTH}")
    for rating, items in lists.items():
        kind = sum(_has(item, attribute, value) for item in items)
        output.print(f"{attribute} {value} in the list of who rated them {rating:g}: {kind}")


def _get(client: httpx.Client, path: str) -> Json:
    answer = client.get(path)
    answer.raise_for_status()
    body: Json = answer.json()
    return body


def _has(item: Json, attribute: str, value: str) -> bool:
    found = item["attributes"].get(attribute)
    return value in found if isinstance(found, list) else found == value


def _probes_of_one_kind(onboarding: Json) -> tuple[str, str, list[Json]]:
    """Return the first kind, an attribute's value, that five evidence candidates share."""
    members: dict[tuple[str, str], list[Json]] = {}
    for item in onboarding["items"]:
        for attribute, found in item["attributes"].items():
            for value in found if isinstance(found, list) else [found]:
                sharing = members.setdefault((attribute, value), [])
                sharing.append(item)
                if len(sharing) == PROBES and isinstance(value, str):
                    return attribute, value, sharing
    raise OppositeUsersError("no five evidence candidates share the value of an attribute")
