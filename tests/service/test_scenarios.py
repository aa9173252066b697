"""A scenario stands for its parameters; what a request says itself wins."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.running import Service, run_melu
from tests.service.visitors import Visitor, assert_problem, ok

SCENARIOS = {
    "home": {"limit": 4, "diversity": 0.5, "filter": ["genre:comedy"]},
    "all": {"exclude_seen": False, "order": "rating"},
    "why": {"explain": True},
}


@pytest.fixture(scope="module")
def client(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("scenarios")
    service = Service(bundle, folder, {"MELU_SCENARIOS": json.dumps(SCENARIOS)}).start()
    with service.client() as client:
        Visitor(client, "ann").rate({0: 5, 30: 1, 3: 4})
        yield client
    service.stop()


def listed(client: httpx.Client, **parameters: object) -> dict[str, object]:
    answer = ok(client.get("/users/ann/recommendations", params=parameters))
    return {name: answer[name] for name in ("items", "list_id")}


def test_it_stands_for_its_parameters(client: httpx.Client):
    assert listed(client, scenario="home") == listed(client, **SCENARIOS["home"])
    assert listed(client, scenario="all") == listed(client, **SCENARIOS["all"])
    assert listed(client, scenario="home") != listed(client)


def test_what_is_sent_wins(client: httpx.Client):
    expected = listed(client, limit=7, diversity=0.5, filter="genre:horror")

    assert listed(client, scenario="home", limit=7, filter="genre:horror") == expected
    # An empty parameter is one not sent.
    assert listed(client, scenario="home", limit="") == listed(client, scenario="home")
    assert listed(client, scenario="") == listed(client)


def test_its_pages_follow_each_other(client: httpx.Client):
    path = "/users/ann/recommendations"
    first = ok(client.get(path, params={"scenario": "home"}))
    parameters = {"scenario": "home", "cursor": first["next_cursor"]}
    second = ok(client.get(path, params=parameters))

    assert [item["rank"] for item in second["items"]] == [5, 6, 7, 8]
    same = SCENARIOS["home"] | {"cursor": first["next_cursor"]}
    assert ok(client.get(path, params=same))["items"] == second["items"]


def test_a_body_may_name_one(client: httpx.Client):
    body = {"feedback": [{"item_id": "0", "rating": 5}]}

    named = ok(client.post("/recommendations", json=body | {"scenario": "home"}))
    said = ok(client.post("/recommendations", json=body | SCENARIOS["home"]))

    assert named["items"] == said["items"]
    assert len(named["items"]) == 4


def test_a_long_list_has_no_reasons_by_a_scenario_either(client: httpx.Client):
    body = {"candidates": ["0", "1"], "limit": 1000, "scenario": "why"}

    assert_problem(client.post("/recommendations", json=body), 422, "invalid_body")
    assert ok(client.post("/recommendations", json=body | {"limit": 2}))["items"]


def test_there_has_to_be_one(client: httpx.Client):
    answer = client.get("/users/ann/recommendations", params={"scenario": "none"})
    assert "home, all" in assert_problem(answer, 422, "unknown_scenario")["detail"]
    answer = client.post("/recommendations", json={"scenario": "none"})
    assert "home, all" in assert_problem(answer, 422, "unknown_scenario")["detail"]


@pytest.mark.parametrize(
    "bad",
    [{"A b": {}}, {"a": {"limit": 0}}, {"a": {"cursor": "x"}}, {"a": {"filter": ["genre"]}}],
)
def test_bad_ones_are_refused_at_the_start(bundle: Path, bad: dict[str, object]):
    done = run_melu("serve", "--model", str(bundle), MELU_SCENARIOS=json.dumps(bad))

    assert done.returncode == 1
    assert "MELU_SCENARIOS" in done.stderr


def test_one_that_can_not_be_followed_is_told(bundle_of: Callable[[str], Path], tmp_path: Path):
    scenarios = {
        "good": {"filter": ["genre:comedy"], "order": "rating"},
        "old": {"filter": ["genre:comedy", "director:ann"]},
        "new": {"order": "relevance"},
        "odd": {"filter": ["year:1990..1999", "year:1999..1990", "genre:1999..1990"]},
        "far": {"explore": 0.2},
        "near": {"explore": 0},
    }
    # The paper's preset has no relevance.
    service = Service(
        bundle_of("melu"), tmp_path, {"MELU_SCENARIOS": json.dumps(scenarios)}
    ).start()
    try:
        with service.client() as client:
            told = ok(client.get("/readyz"))["warnings"]
            of_whom = {one.split()[2]: one for one in told}
            refused = {
                "old": ("unknown_attribute", "'director'"),
                "new": ("invalid_parameter", "relevance"),
                "odd": ("invalid_filter", "'year'"),
                "far": ("invalid_parameter", "explores"),
            }
            assert len(told) == len(of_whom)
            assert of_whom.keys() == refused.keys()
            for scenario in scenarios:
                asked = client.get("/users/ann/recommendations", params={"scenario": scenario})
                if scenario in refused:
                    code, word = refused[scenario]
                    assert_problem(asked, 422, code)
                    assert word in of_whom[scenario]
                else:
                    ok(asked)
        assert all(one in service.log for one in told)
    finally:
        service.stop()


def test_good_ones_are_nothing_to_tell_of(client: httpx.Client):
    assert "warnings" not in ok(client.get("/readyz"))
