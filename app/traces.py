"""Traces by OpenTelemetry: a span for each request, and one for each of its stages.

Spans are made when a request is over, of what was noted for the metrics, so a request that is not
sampled costs next to nothing. They tell what the log tells, and less: the route's template, method
and status, never a path, a query, a body, an id of a user, or the message of an error.

Where they go, which are sampled and what the service is called is for OpenTelemetry's own
variables. Its packages are an extra, and imported when traces are asked for.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

    from app.stages import NotedStage

_NAME = "melu-online"
_PACKAGES = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http.trace_exporter")
_PROTOCOL_VARIABLES = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PROTOCOL = "http/protobuf"
_FLUSH_MILLISECONDS = 2_000
_LEAST_ERROR = 500


def reason_against_traces() -> str | None:
    """Return why there can be no traces in this process, with the remedy; None if there can."""
    if not all(map(_is_installed, _PACKAGES)):
        return (
            "traces need the packages of OpenTelemetry: pip install 'melu-online[otel]', or set "
            "it to false"
        )
    for name in _PROTOCOL_VARIABLES:
        if os.environ.get(name, _PROTOCOL) != _PROTOCOL:
            return (
                f"traces are sent by {_PROTOCOL} alone; unset {name}, and name the collector's "
                "port for HTTP, most often 4318, in OTEL_EXPORTER_OTLP_ENDPOINT"
            )
    return None


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package that it is in
        return False


class AnsweredRequest(NamedTuple):
    """What is told of a request.

    Attributes:
        route: Template of its path.
        method: One of HTTP's, or `other`.
        status: The answer's.
        started: When it came, by `perf_counter`.
        ended: When the answer was sent.
    """

    route: str
    method: str
    status: int
    started: float
    ended: float


class RequestTraces:
    """Makes spans of requests and sends them to a collector, on a thread of its own.

    A collector that can't be reached costs spans, never an answer.
    """

    def __init__(self) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = _provider()
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer(_NAME, version(_NAME))
        self._propagator = TraceContextTextMapPropagator()
        self._server = SpanKind.SERVER
        self._failed = Status(StatusCode.ERROR)
        self._within = set_span_in_context

    def note(
        self,
        request: AnsweredRequest,
        stages: Sequence[NotedStage],
        headers: Iterable[tuple[bytes, bytes]],
    ) -> str | None:
        """Make the spans of a request that was answered.

        Args:
            request: The request.
            stages: Its stages.
            headers: The request's; `traceparent` names the trace that it belongs to.

        Returns:
            The trace's id in hexadecimal; None if the request is not sampled.
        """
        # Not `tracestate`: others may write into it what they like.
        carrier = {
            name.decode(): value.decode("latin-1")
            for name, value in headers
            if name == b"traceparent"
        }
        now, nanoseconds = perf_counter(), time.time_ns()

        def clock(at: float) -> int:
            return nanoseconds - int((now - at) * 1e9)

        span = self._tracer.start_span(
            f"{request.method} {request.route}",
            self._propagator.extract(carrier) if carrier else None,
            self._server,
            {
                "http.request.method": request.method,
                "http.route": request.route,
                "http.response.status_code": request.status,
            },
            start_time=clock(request.started),
        )
        if not span.is_recording():
            return None
        if request.status >= _LEAST_ERROR:
            span.set_status(self._failed)
        context = self._within(span)
        for stage, begun, over in stages:
            self._tracer.start_span(stage.value, context, start_time=clock(begun)).end(clock(over))
        span.end(clock(request.ended))
        return f"{span.get_span_context().trace_id:032x}"

    def close(self) -> None:
        """Send what waits, for a short while."""
        self._provider.force_flush(_FLUSH_MILLISECONDS)
        self._provider.shutdown()


def _provider() -> TracerProvider:
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider

    named = Resource.create({"service.name": _NAME, "service.version": version(_NAME)})
    # What the environment says wins.
    return TracerProvider(
        resource=named.merge(OTELResourceDetector().detect()), shutdown_on_exit=False
    )
