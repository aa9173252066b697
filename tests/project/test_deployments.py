"""What containers are deployed by: compose files, the proxy, and the Helm chart."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from app.settings import ENVIRONMENT_PREFIX, Settings
from scripts.serve import GRACEFUL_SHUTDOWN_SECONDS
from tests.faults.replicas import CONFIGURATION, haproxy
from tests.running import require

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "melu"
KUBERNETES = "1.30"
SETTINGS = {f"{ENVIRONMENT_PREFIX}{name.upper()}" for name in Settings.model_fields}
SECRETS = (
    "secrets.MELU_STORE_URL=redis://store:6379/0",
    "secrets.MELU_API_KEYS=a-key-of-some-length",
)
BUNDLE = "bundle.image=registry.example/bundle:1"


class ComposeLoader(yaml.SafeLoader):
    """Reads what compose adds to YAML."""


ComposeLoader.add_constructor("!reset", lambda _loader, _node: None)


def compose(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load((ROOT / name).read_text(), ComposeLoader)
    return found


def test_containers_are_given_time_to_stop():
    service = compose("docker-compose.yml")["services"]["service"]

    assert int(service["stop_grace_period"].removesuffix("s")) > GRACEFUL_SHUTDOWN_SECONDS


def test_replicas_are_reached_through_the_proxy_alone():
    replicas = compose("docker-compose.replicas.yml")["services"]

    assert replicas["service"]["ports"] is None
    assert replicas["proxy"]["ports"] == ["127.0.0.1:8000:8000"]
    assert replicas["proxy"]["read_only"]
    assert set(replicas["service"]["environment"]) <= SETTINGS
    assert (ROOT / "deploy" / "haproxy" / "docker.cfg").is_file()


@pytest.mark.parametrize("servers", ["docker.cfg"])
def test_the_proxy_takes_its_configuration(servers: str):
    command = [haproxy(), "-c", "-f", CONFIGURATION, "-f", CONFIGURATION.with_name(servers)]
    checked = subprocess.run(
        command,
        env=os.environ | {"MELU_PROXY_ADDRESS": ":8000"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr
    assert "WARNING" not in checked.stderr + checked.stdout


def helm(*arguments: str, values: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command of Helm on the chart with values."""
    program = shutil.which("helm")
    require("helm", program)
    assert program is not None
    given = [part for value in values for part in ("--set", value)]
    return subprocess.run(
        [program, *arguments, str(CHART), *given], capture_output=True, text=True, check=False
    )


def render(*values: str) -> subprocess.CompletedProcess[str]:
    """Render the chart with values."""
    return helm("template", "release", values=values)


def manifests(*values: str) -> dict[str, Any]:
    """Kind → manifest."""
    done = render(BUNDLE, *SECRETS, *values)
    assert done.returncode == 0, done.stderr
    return {one["kind"]: one for one in yaml.safe_load_all(done.stdout) if one}


@pytest.mark.parametrize("values", [(), ("secrets.MELU_STORE_URL=redis://store:6379/0",)])
def test_the_chart_is_sound_before_anybody_gives_it_values(values: tuple[str, ...]):
    """`helm lint` renders it nevertheless; what is missing is told by `helm install`."""
    done = helm("lint", values=values)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def chart() -> dict[str, Any]:
    return manifests()


@pytest.mark.parametrize(
    "values",
    [
        (),
        ("autoscaling.enabled=false", "networkPolicy.enabled=false"),
        (
            "bundle.image=",
            "bundle.volume.persistentVolumeClaim.claimName=bundles",
            "existingSecret=there-already",
            "settings.MELU_RATE_LIMIT=600/minute",
            "networkPolicy.from[0].podSelector.matchLabels.app=page",
            "networkPolicy.store[0].podSelector.matchLabels.app=valkey",
            "networkPolicy.egress[0].ports[0].port=4318",
            "settings.OTEL_EXPORTER_OTLP_ENDPOINT=http://traces:4318",
            "imagePullSecrets[0].name=registry",
            "podAnnotations.some=thing",
            "nodeSelector.kind=fast",
            "tolerations[0].operator=Exists",
        ),
    ],
    ids=["usual", "plain", "other"],
)
def test_manifests_are_what_kubernetes_takes(values: tuple[str, ...]):
    found = manifests(*values)

    assert {"Deployment", "Service", "PodDisruptionBudget"} <= found.keys()
    assert ("HorizontalPodAutoscaler" in found) == ("autoscaling.enabled=false" not in values)
    assert ("Secret" in found) == ("existingSecret=there-already" not in values)
    for manifest in found.values():
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_a_new_replica_is_ready_before_one_of_the_old_stops(chart: dict[str, Any]):
    spec = chart["Deployment"]["spec"]
    (container,) = spec["template"]["spec"]["containers"]

    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    drain = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert drain > 0
    patience = spec["template"]["spec"]["terminationGracePeriodSeconds"]
    assert patience > drain + GRACEFUL_SHUTDOWN_SECONDS
    # The autoscaler alone says how many.
    assert "replicas" not in spec


def test_a_replica_may_change_nothing_and_reach_little(chart: dict[str, Any]):
    pod = chart["Deployment"]["spec"]["template"]["spec"]
    policy = chart["NetworkPolicy"]["spec"]

    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    containers = [*pod["containers"], *pod["initContainers"]]
    assert [one["name"] for one in containers] == ["service", "bundle"]
    for container in containers:
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert set(container["resources"]) == {"requests", "limits"}
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    allowed = {port["port"] for rule in policy["egress"] for port in rule["ports"]}
    assert allowed == {53, 6379}


def test_it_gives_settings_that_the_service_has(chart: dict[str, Any]):
    (container,) = chart["Deployment"]["spec"]["template"]["spec"]["containers"]
    names = {one["name"] for one in container["env"]} | set(chart["Secret"]["stringData"])

    assert "MELU_STORE_URL" in names
    assert names <= SETTINGS
    assert set(_default_values()["secrets"]) <= SETTINGS


def test_every_label_is_selected_alike(chart: dict[str, Any]):
    labels = chart["Deployment"]["spec"]["template"]["metadata"]["labels"]
    selectors = list(_selectors(chart))

    assert len(selectors) == 5
    assert {tuple(sorted(one.items())) for one in selectors} == {
        (("app.kubernetes.io/instance", "release"), ("app.kubernetes.io/name", "melu"))
    }
    assert selectors[0].items() <= labels.items()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((*SECRETS,), "set bundle.image or bundle.volume"),
        ((BUNDLE,), "MELU_STORE_URL"),
        ((BUNDLE, *SECRETS, "secrets.MELU_API_KEYS=short"), "MELU_API_KEYS"),
        ((BUNDLE, *SECRETS, "replica=3"), "replica"),
        ((BUNDLE, *SECRETS, "settings.OTHER=1"), "OTHER"),
        ((BUNDLE, *SECRETS, "bundle.volume.emptyDir.medium=Memory"), "not both"),
    ],
    ids=["no bundle", "no store", "a short key", "a misspelt value", "no setting", "two bundles"],
)
def test_values_that_can_not_be_are_refused(values: tuple[str, ...], told: str):
    done = render(*values)

    assert done.returncode != 0
    assert told in done.stderr


def _default_values() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
    return found


def _selectors(chart: dict[str, Any]) -> Iterator[dict[str, str]]:
    spec = chart["Deployment"]["spec"]
    yield spec["selector"]["matchLabels"]
    yield spec["template"]["spec"]["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"]
    yield chart["Service"]["spec"]["selector"]
    yield chart["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"]
    yield chart["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"]
