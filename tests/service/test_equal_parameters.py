"""Parameters that are equal are one query, however they are written."""

import httpx
import pytest
from pydantic import TypeAdapter

from app.scenarios import Scenario
from app.services.recommendations.fingerprint import digest_of_settings
from app.settings import Settings
from tests.service.visitors import Visitor, ok

SPELLINGS = [
    ("diversity=0", ["diversity=-0", "diversity=-0.0", "diversity=0.0", "diversity=0e5"]),
    ("diversity=1", ["diversity=1.0", "diversity=%2B1", "diversity=1e0"]),
    ("diversity=0.50", ["diversity=.5", "diversity=0.5", "diversity=5e-1"]),
    ("explore=0", ["explore=-0", "explore=-0.0", "explore=0.0"]),
    ("limit=5", ["limit=05", "limit=%2B5", "limit=5.0"]),
    ("explain=true", ["explain=1", "explain=True", "explain=yes"]),
    ("exclude=3&exclude=40", ["exclude=40&exclude=3", "exclude=3&exclude=40&exclude=3"]),
    (
        "filter=genre:comedy&filter=colour:red",
        [
            "filter=colour:red&filter=genre:comedy",
            "filter=genre%3Acomedy&filter=colour:red&filter=genre:comedy",
        ],
    ),
]


@pytest.fixture
def reader(visitor: Visitor) -> Visitor:
    visitor.rate({0: 5, 1: 4, 31: 2})
    return visitor


def ranked(reader: Visitor, query: str) -> httpx.Response:
    answer = reader.client.get(f"{reader.path}/recommendations?{query}")
    ok(answer)
    return answer


@pytest.mark.parametrize(
    ("query", "other"), [(query, other) for query, others in SPELLINGS for other in others]
)
def test_one_list_with_one_tag_and_one_cursor(reader: Visitor, query: str, other: str):
    short = "" if "limit" in query else "&limit=5"
    first, second = (ranked(reader, text + short) for text in (query, other))

    assert first.json() == second.json()
    assert first.headers["etag"] == second.headers["etag"]
    cursor = first.json()["next_cursor"]
    assert cursor is not None
    following = ranked(reader, f"{other}{short}&cursor={cursor}").json()
    assert following["list_id"] == first.json()["list_id"]
    assert following["items"][0]["rank"] == 6


@pytest.mark.parametrize("name", ["diversity", "explore"])
def test_of_bodies_too(client: httpx.Client, name: str):
    bodies = [{name: value} for value in (0, -0.0, 0.0)]

    answers = [ok(client.post("/recommendations", json=body)) for body in bodies]

    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize("explore", [0, 0.5])
def test_what_a_body_leaves_out_comes_in_any_order(client: httpx.Client, explore: float):
    bodies = [
        {"explore": explore, "exclude": exclude}
        for exclude in (["3", "40"], ["40", "3"], ["3", "40", "3"])
    ]

    answers = [ok(client.post("/recommendations", json=body)) for body in bodies]

    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize(
    "filter_", [["genre:comedy", "colour:red"], ["colour:red", "genre:comedy"]]
)
def test_a_page_of_a_search_leads_to_the_next(client: httpx.Client, filter_: list[str]):
    query = {"filter": ["genre:comedy", "colour:red"], "limit": 1}
    first = ok(client.get("/items", params=query))

    later = query | {"cursor": first["next_cursor"], "filter": filter_}

    assert ok(client.get("/items", params=later))["items"] != first["items"]


def test_of_scenarios_and_settings_too(monkeypatch: pytest.MonkeyPatch):
    def written(value: str) -> tuple[str, str]:
        monkeypatch.setenv("MELU_EXPLORE", value)
        monkeypatch.setenv("MELU_CANDIDATE_SHARE", value)
        scenario = TypeAdapter(Scenario).validate_json(
            f'{{"diversity": {value}, "explore": {value}, "filter": ["b:1", "a:1"]}}'
        )
        return digest_of_settings("1.0", Settings().ranking_settings), scenario.model_dump_json()

    assert written("-0.0") == written("0")
