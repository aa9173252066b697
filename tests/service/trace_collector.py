"""A collector that traces are sent to, over HTTP as OpenTelemetry has it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.running import wait_for


@dataclass
class Collector:
    """What came so far."""

    url: str
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def exports(self) -> list[ExportTraceServiceRequest]:
        return [ExportTraceServiceRequest.FromString(body) for body in list(self.bodies)]

    @property
    def spans(self) -> list[Span]:
        return [
            span
            for export in self.exports
            for resource in export.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def resource(self) -> dict[str, object]:
        return values(self.exports[0].resource_spans[0].resource.attributes)

    def request(self, trace_id: str) -> tuple[Span, dict[str, Span]]:
        """Wait for a request's trace; return its span, and those of its stages by their names."""
        wait_for(lambda: self._requests(trace_id), f"the spans of {trace_id}", 10)
        (found,) = self._requests(trace_id)
        mine = [span for span in self.spans if span.trace_id.hex() == trace_id]
        stages = [span for span in mine if span.parent_span_id == found.span_id]
        assert len(mine) == 1 + len(stages)
        return found, {span.name: span for span in stages}

    def _requests(self, trace_id: str) -> list[Span]:
        return [
            span
            for span in self.spans
            if span.trace_id.hex() == trace_id and span.kind == Span.SPAN_KIND_SERVER
        ]


def values(attributes: Iterator[KeyValue]) -> dict[str, object]:
    """Attributes by their names."""
    return {one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in attributes}


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            known = self.path == "/v1/traces"
            if known:
                collector.bodies.append(body)
                collector.headers.append(dict(self.headers))
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200 if known else 404)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        collector = Collector(f"http://127.0.0.1:{server.server_address[1]}")
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield collector
        server.shutdown()
        thread.join()
