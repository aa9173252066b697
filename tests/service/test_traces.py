"""Traces, as a real collector gets them from a real service."""

import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from pydantic import ValidationError

from app.settings import Settings
from scripts.serve import ServeError, serve
from tests.running import Service, wait_for
from tests.service.trace_collector import Collector, collecting, values
from tests.service.visitors import Visitor, ok

ROUTE = "/users/{user_id}/recommendations"
QUICKLY = {"OTEL_BSP_SCHEDULE_DELAY": "50"}


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.fixture(scope="module")
def traced(
    bundle: Path, collector: Collector, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    service = Service(
        bundle,
        tmp_path_factory.mktemp("traced"),
        {
            "MELU_TRACING": "true",
            "MELU_LOG_FORMAT": "json",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=ours",
            "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
            **QUICKLY,
        },
    ).start()
    yield service
    service.stop()


@pytest.fixture
def client(traced: Service) -> Iterator[httpx.Client]:
    with traced.client() as http:
        yield http


def traceparent(*, sampled: bool = True) -> tuple[str, str, dict[str, str]]:
    """A trace's id, the caller's span in it, and the header that tells of both."""
    trace_id, span_id = secrets.token_hex(16), secrets.token_hex(8)
    return trace_id, span_id, {"traceparent": f"00-{trace_id}-{span_id}-0{int(sampled)}"}


def test_a_request_is_a_span_of_its_caller_s_trace_with_its_stages_within(
    visitor: Visitor, client: httpx.Client, collector: Collector
):
    visitor.rate({0: 5, 30: 1})
    trace_id, caller, headers = traceparent()
    before = time.time_ns()
    ok(client.get(f"{visitor.path}/recommendations?limit=5&explain=true", headers=headers))
    after = time.time_ns()

    request, stages = collector.request(trace_id)

    assert request.name == f"GET {ROUTE}"
    assert request.parent_span_id.hex() == caller
    assert values(request.attributes) == {
        "http.request.method": "GET",
        "http.route": ROUTE,
        "http.response.status_code": 200,
    }
    assert set(stages) == {
        "store",
        "queue",
        "local_update",
        "ranking",
        "explanation",
        "serialisation",
    }
    assert before - 1e6 <= request.start_time_unix_nano < request.end_time_unix_nano <= after + 1e6
    order = ["store", "queue", "local_update", "ranking", "explanation", "serialisation"]
    starts = [stages[name].start_time_unix_nano for name in order]
    assert starts == sorted(starts)
    for name in ("store", "ranking"):
        span = stages[name]
        assert request.start_time_unix_nano <= span.start_time_unix_nano
        assert span.start_time_unix_nano < span.end_time_unix_nano <= request.end_time_unix_nano


def test_what_is_at_hand_takes_the_store_alone(
    visitor: Visitor, client: httpx.Client, collector: Collector
):
    visitor.rate({0: 5})
    visitor.recommendations()
    trace_id, _, headers = traceparent()
    ok(client.get(f"{visitor.path}/recommendations", headers=headers))

    _, stages = collector.request(trace_id)

    assert set(stages) == {"store"}


def test_a_caller_who_samples_nothing_is_not_traced(
    visitor: Visitor, client: httpx.Client, collector: Collector
):
    left_out, _, unsampled = traceparent(sampled=False)
    ok(client.get(f"{visitor.path}/recommendations", headers=unsampled))
    trace_id, _, headers = traceparent()
    ok(client.get(f"{visitor.path}/recommendations", headers=headers))

    collector.request(trace_id)

    assert left_out not in {span.trace_id.hex() for span in collector.spans}


def test_the_line_in_the_log_names_the_trace(client: httpx.Client, traced: Service):
    trace_id, _, headers = traceparent()
    ok(client.get("/model", headers=headers))

    wait_for(lambda: f'"trace_id":"{trace_id}"' in traced.log, "the line", 5)


def test_health_checks_that_went_well_are_left_out(client: httpx.Client, collector: Collector):
    for path in ("/healthz", "/readyz", "/metrics"):
        assert client.get(path).status_code == 200
    trace_id, _, headers = traceparent()
    ok(client.get("/model", headers=headers))

    collector.request(trace_id)

    names = {span.name for span in collector.spans}
    assert names.isdisjoint({"GET /healthz", "GET /readyz", "GET /metrics"})


def test_nobody_s_id_is_in_what_is_sent(
    visitor: Visitor, client: httpx.Client, collector: Collector
):
    visitor.rate({7: 5})
    trace_id, _, headers = traceparent()
    headers |= {
        "X-Request-ID": visitor.user_id,
        "tracestate": "vendor=quarrelsome-user",
        "baggage": "user=quarrelsome-user",
        "User-Agent": "quarrelsome-user",
    }
    client.get(f"/users/quarrelsome-user/feedback?cursor={visitor.user_id}", headers=headers)
    client.get("/nothing/quarrelsome-user")
    client.put("/users/quarrelsome-user", json={"attributes": {"shoe": "quarrelsome-user"}})
    client.get("/items/quarrelsome-item")
    last, _, headers = traceparent()
    ok(client.get("/model", headers=headers))

    collector.request(last)
    collector.request(trace_id)

    sent = b"".join(collector.bodies)
    assert b"/users/{user_id}/feedback" in sent
    assert b"quarrelsome" not in sent
    assert visitor.user_id.encode() not in sent


def test_the_service_and_its_environment_are_named(client: httpx.Client, collector: Collector):
    trace_id, _, headers = traceparent()
    ok(client.get("/model", headers=headers))
    collector.request(trace_id)

    assert collector.resource["service.name"] == "melu-online"
    assert collector.resource["deployment.environment.name"] == "test"
    assert collector.headers[0]["x-tenant"] == "ours"


def test_a_request_that_fails_has_a_failed_span_and_a_lost_collector_costs_no_answer(
    bundle: Path, tmp_path: Path
):
    with collecting() as collector:
        service = Service(
            bundle,
            tmp_path,
            {
                "MELU_TRACING": "true",
                "MELU_STORE_TIMEOUT_SECONDS": "0.2",
                "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
                "OTEL_SERVICE_NAME": "lists",
                **QUICKLY,
            },
        ).start()
        store = service.store_pid()
        os.kill(store, signal.SIGSTOP)
        try:
            trace_id, _, headers = traceparent()
            with service.client() as client:
                assert client.get("/users/ada/recommendations", headers=headers).status_code == 503
        finally:
            os.kill(store, signal.SIGCONT)
        request, stages = collector.request(trace_id)
        assert request.status.code == Status.STATUS_CODE_ERROR
        assert set(stages) == {"store"}
        assert collector.resource["service.name"] == "lists"

    with service.client() as client:
        ok(client.get("/users/ada/recommendations"))
    assert service.stop() == 0
    assert "Traceback" not in service.log


def test_without_the_extra_the_setting_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)

    with pytest.raises(ServeError, match=r"MELU_TRACING: .*pip install 'melu-online\[otel\]'"):
        serve(tracing=True)

    assert Settings(tracing=False).tracing is False


def test_another_protocol_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")

    with pytest.raises(ValidationError, match="unset OTEL_EXPORTER_OTLP_PROTOCOL"):
        Settings(tracing=True)
