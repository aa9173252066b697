"""A person who uses the service over HTTP, and how answers are checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import quote

import httpx

Json: TypeAlias = Any
Parameter: TypeAlias = str | int | float | list[str]


def ok(response: httpx.Response, status: int = 200) -> Json:
    """Return the JSON of an answer that must have worked."""
    assert response.status_code == status, response.text
    return response.json()


def assert_problem(response: httpx.Response, status: int, code: str) -> dict[str, Json]:
    """Hold that an answer is this problem, whole and in its form; return it."""
    assert response.status_code == status, response.text
    problem = assert_some_problem(response)
    assert problem["code"] == code, problem
    return problem


def assert_some_problem(response: httpx.Response) -> dict[str, Json]:
    """Hold that an answer is a problem that tells the caller what to change; return it."""
    assert 400 <= response.status_code < 500 or response.status_code == 503, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"]
    problem: dict[str, Json] = response.json()
    assert problem["status"] == response.status_code
    for name in ("type", "title", "detail", "code"):
        assert isinstance(problem[name], str), problem
        assert problem[name], problem
    assert problem["code"] != "internal_error"
    for fault in problem.get("errors", []):
        assert set(fault) == {"loc", "message"}
        assert fault["message"]
    return problem


@dataclass(frozen=True)
class Visitor:
    """One user of a running service."""

    client: httpx.Client
    user_id: str

    @property
    def path(self) -> str:
        return "/users/" + quote(self.user_id, safe="")

    def post(self, body: object) -> httpx.Response:
        return self.client.post(f"{self.path}/feedback", json=body)

    def tell(self, *events: Mapping[str, object]) -> Json:
        """Give feedback, which must be accepted."""
        return ok(self.post({"events": list(events)}))

    def rate(self, ratings: Mapping[int, float]) -> Json:
        """Give ratings, which must be accepted."""
        return self.tell(*({"item_id": str(i), "rating": r} for i, r in ratings.items()))

    def get(self, what: str, **parameters: Parameter) -> httpx.Response:
        return self.client.get(f"{self.path}/{what}", params=parameters)

    def recommendations(self, **parameters: Parameter) -> Json:
        return ok(self.get("recommendations", **parameters))

    def recommended(self, **parameters: Parameter) -> list[str]:
        """Ids of the recommended items, best first."""
        return [item["item_id"] for item in self.recommendations(**parameters)["items"]]

    def scores(self) -> dict[str, float]:
        """Every item's predicted rating."""
        return self.values("score")

    def values(self, field: str) -> dict[str, float]:
        """A number of every item: `relevance`, `lift` or `score`."""
        everything = self.recommendations(limit=200, exclude_seen=False)
        return {item["item_id"]: item[field] for item in everything["items"]}

    def feedback(self) -> list[dict[str, Json]]:
        """All stored feedback, newest first."""
        page = ok(self.get("feedback", limit=200))
        assert page["next_cursor"] is None
        items: list[dict[str, Json]] = page["items"]
        return items

    def ratings(self) -> dict[str, float]:
        """Item → stored rating."""
        return {one["item_id"]: one["rating"] for one in self.feedback()}

    def put(self, attributes: object) -> httpx.Response:
        return self.client.put(self.path, json={"attributes": attributes})

    def stored(self) -> Json:
        """What is stored of the user."""
        return ok(self.client.get(self.path))

    def support_version(self) -> int:
        version: int = self.recommendations(limit=1)["support_version"]
        return version

    def onboarding(self, **parameters: Parameter) -> list[dict[str, Json]]:
        """What the service would ask this user."""
        items: list[dict[str, Json]] = self.asked(**parameters)["items"]
        return items

    def asked(self, **parameters: Parameter) -> Json:
        """What the service would ask this user, and how far it is."""
        asked = {"user_id": self.user_id, **parameters}
        return ok(self.client.get("/onboarding/items", params=asked))


NewVisitor: TypeAlias = Callable[[str], Visitor]
