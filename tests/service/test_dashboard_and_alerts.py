"""What the dashboard and the alerts ask for is what a running service tells."""

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from scripts.guide.links import slug
from tests.running import Service, require, wait_for
from tests.service.promql import OF_THE_TARGET, Selected, selected
from tests.service.visitors import Visitor, ok

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana/dashboards/melu.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
RULES = [
    rule
    for group in yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
OF_PROMETHEUS = {"up", "ALERTS"}
# What Grafana puts in.
VARIABLES = {"$__rate_interval": "5m", "$instance": ".*", "$__all": ".*"}
WIDTH = 24
USER = "quarrelsome"

Samples = dict[str, list[dict[str, str]]]


def filled_in(query: str) -> str:
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    assert "$" not in query, query
    return query


def label_values(query: str) -> tuple[str, str]:
    """Split Grafana's own function into what it selects and the label that it takes."""
    found = re.fullmatch(r"label_values\((.+), (\w+)\)", query)
    assert found is not None, query
    return found[1], found[2]


QUERIES = [
    *(
        (f"{panel['title']}, {target['refId']}", filled_in(target["expr"]))
        for panel in PANELS
        for target in panel["targets"]
    ),
    *((rule["alert"], rule["expr"]) for rule in RULES),
]


@pytest.fixture(scope="module")
def samples(two_workers: Service) -> Samples:
    """Scrape a service after some traffic, of which a part went wrong."""
    with two_workers.client() as client:
        visitor = Visitor(client, USER)
        visitor.rate({0: 5, 30: 1})
        visitor.recommendations(explain=True, limit=5)
        visitor.recommendations(explain=True, limit=5)
        visitor.onboarding(limit=3)
        ok(client.get("/items", params={"query": "a"}))
        store = two_workers.store_pid()
        os.kill(store, signal.SIGSTOP)
        try:
            assert visitor.get("recommendations").status_code == 503
        finally:
            os.kill(store, signal.SIGCONT)
        # An answer is counted just after it was sent.
        wait_for(lambda: 'status="503"' in client.get("/metrics").text, "counts", 5)
        text = client.get("/metrics").text
    two_workers.wait_until(200)
    found: Samples = defaultdict(list)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name].append(sample.labels)
    return found


def faults(wanted: Selected, samples: Samples) -> list[str]:
    """What a scrape does not have of what a query asks for."""
    if wanted.name in OF_PROMETHEUS:
        return []
    if wanted.name not in samples:
        return [f"no metric {wanted.name}"]
    known = {name for labels in samples[wanted.name] for name in labels} | OF_THE_TARGET
    found = [f"{wanted.name} has no label {one}" for one in sorted(wanted.labels - known)]
    if not any(map(wanted.matches, samples[wanted.name])):
        found.append(f"no sample of {wanted.name} is {[str(one) for one in wanted.matchers]}")
    return found


@pytest.mark.parametrize(("where", "query"), QUERIES, ids=[where for where, _ in QUERIES])
def test_what_is_asked_for_is_told(where: str, query: str, samples: Samples):
    wanted = selected(query)

    assert wanted
    assert [fault for one in wanted for fault in faults(one, samples)] == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("rate(melu_nothing_total[5m])", "no metric melu_nothing_total"),
        ("sum by (user) (melu_compute_pending)", "melu_compute_pending has no label user"),
        ('melu_scarce{what="patience"}', "no sample of melu_scarce is ['what=\"patience\"']"),
        ("up == 1 unless on (shop) melu_scarce", "melu_scarce has no label shop"),
    ],
)
def test_what_is_not_told_is_noticed(query: str, expected: str, samples: Samples):
    assert [fault for one in selected(query) for fault in faults(one, samples)] == [expected]


def test_every_stage_and_no_user_is_told(samples: Samples):
    stages = {(one["route"], one["stage"]) for one in samples["melu_stage_seconds_count"]}
    lists = "/users/{user_id}/recommendations"

    of_lists = {stage for route, stage in stages if route == lists}
    assert of_lists >= {"store", "queue", "local_update", "ranking", "serialisation"}
    assert "explanation" in of_lists
    assert ("/onboarding/items", "questions") in stages
    assert ("/items", "search") in stages
    assert ("background", "store") in stages
    assert USER not in json.dumps(samples)


def test_every_metric_of_ours_is_on_the_dashboard_or_watched(samples: Samples):
    asked = {one.name for _, query in QUERIES for one in selected(query)}
    asked = {re.sub("_(bucket|count|sum)$", "", name) for name in asked}
    told = {
        re.sub("_(bucket|count|sum|created)$", "", name)
        for name in samples
        if name.startswith("melu_") and not name.endswith("_created")
    }

    assert len(told) > 10
    assert told == asked - OF_PROMETHEUS


def test_each_alert_has_a_runbook_and_each_runbook_an_alert():
    text = (ROOT / "docs" / "runbooks.md").read_text()
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)

    assert [rule["alert"] for rule in RULES] == headings
    assert len(set(headings)) == len(headings) > 10
    assert [rule["annotations"]["runbook"] for rule in RULES] == [
        f"docs/runbooks.md#{slug(heading)}" for heading in headings
    ]
    assert {rule["labels"]["severity"] for rule in RULES} == {"critical", "warning"}
    assert [rule["alert"] for rule in RULES if not rule["annotations"]["summary"]] == []


def test_runbooks_name_panels_that_exist():
    text = (ROOT / "docs" / "runbooks.md").read_text()
    named = set(re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", text))

    assert len(named) > 3
    assert named - {panel["title"] for panel in PANELS} == set()


def test_the_dashboard_can_be_provisioned():
    assert DASHBOARD["schemaVersion"] >= 36
    assert DASHBOARD["uid"]
    assert "id" not in DASHBOARD  # Grafana gives it
    assert "__inputs" not in DASHBOARD  # those are asked of whoever imports by hand
    datasource, instance = DASHBOARD["templating"]["list"]
    assert (datasource["name"], datasource["type"]) == ("datasource", "datasource")
    assert datasource["query"] == "prometheus"
    assert instance["query"]["query"] == instance["definition"]
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids) > 15
    ours = {"type": "prometheus", "uid": "${datasource}"}
    asking = [instance, *PANELS, *(target for panel in PANELS for target in panel["targets"])]
    assert [one for one in asking if one["datasource"] != ours] == []
    assert [panel["title"] for panel in PANELS if not panel["fieldConfig"]] == []


def test_the_replicas_to_choose_from_are_those_that_are_told(samples: Samples):
    metric, label = label_values(DASHBOARD["templating"]["list"][1]["definition"])
    (wanted,) = selected(metric)

    assert faults(wanted, samples) == []
    assert label in OF_THE_TARGET


def places(panel: dict[str, Any]) -> set[tuple[int, int]]:
    at = panel["gridPos"]
    assert at["x"] + at["w"] <= WIDTH
    rows, columns = range(at["y"], at["y"] + at["h"]), range(at["x"], at["x"] + at["w"])
    return set(itertools.product(rows, columns))


def test_no_panel_covers_another():
    taken = [places(panel) for panel in DASHBOARD["panels"]]

    assert len(set().union(*taken)) == sum(map(len, taken)) > 0


def test_what_containers_are_given_exists_and_is_what_they_look_for():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    observing = {
        name: service
        for name, service in compose["services"].items()
        if service.get("profiles") == ["observe"]
    }
    mounted = [
        one.split(":") for service in observing.values() for one in service.get("volumes", [])
    ]
    folders = {target: source for source, target, *_ in mounted if source.startswith("./")}
    prometheus = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    provisioning = DEPLOY / "grafana/provisioning"
    sources = yaml.safe_load((provisioning / "datasources/datasources.yml").read_text())
    boards = yaml.safe_load((provisioning / "dashboards/dashboards.yml").read_text())

    assert set(observing) == {"prometheus", "grafana", "traces"}
    assert [source for source in folders.values() if not (ROOT / source).is_dir()] == []
    (rules,) = map(Path, prometheus["rule_files"])
    assert (ROOT / folders[str(rules.parent)] / rules.name).is_file()
    (job,) = prometheus["scrape_configs"]
    assert job["job_name"] == "melu"
    assert job["authorization"]["credentials_file"] == "/run/secrets/metrics_key"
    assert observing["prometheus"]["secrets"] == list(compose["secrets"]) == ["metrics_key"]
    assert job["dns_sd_configs"][0]["names"] == ["service"]
    assert boards["providers"][0]["options"]["path"] in folders
    assert [one["url"].split("/")[2].split(":")[0] for one in sources["datasources"]] == [
        "prometheus",
        "traces",
    ]
    home = Path(observing["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (ROOT / folders[str(home.parent)] / home.name).is_file()


def test_the_rules_are_prometheus_s_own_and_fire_when_they_should():
    program = shutil.which("promtool")
    require("promtool", program)
    for arguments in (("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")):
        checked = subprocess.run(
            [str(program), *arguments],
            cwd=DEPLOY / "prometheus",
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr
