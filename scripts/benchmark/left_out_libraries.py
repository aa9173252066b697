"""Time what two libraries would cost that the project does without; see decision 13.

Run as `python -m scripts.benchmark.left_out_libraries`, with scikit-learn and structlog installed.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec

import orjson

from app.logs.format import render_line

_ROUNDS, _LINES = 15, 2_000
_FIELDS: dict[str, object] = {
    "method": "GET",
    "route": "/users/{user_id}/recommendations",
    "status": 200,
    "milliseconds": 1.25,
    "request_id": "0f8fad5bd9cb469fa16570867728950e",
}
_IMPORTS = {
    "what the project imports": "import numpy, scipy.sparse",
    "and TF-IDF of scikit-learn": "import numpy, scipy.sparse, sklearn.feature_extraction.text",
    "and its truncated SVD": "import numpy, scipy.sparse, sklearn.decomposition",
}
_MEASURE = """
import resource, time
{code}
used = resource.getrusage(resource.RUSAGE_SELF)
print(time.process_time(), used.ru_maxrss / 1024)
"""


class _Nowhere:
    """Takes lines and drops them, so that only rendering is timed."""

    def msg(self, line: str) -> None:
        """Drop a line."""

    info = msg


def main() -> None:
    """Print microseconds a log line, and seconds and memory of an import."""
    missing = [name for name in ("sklearn", "structlog") if find_spec(name) is None]
    if missing:
        raise SystemExit("pip install scikit-learn structlog, which this compares with")
    for style in ("text", "json"):
        ours = _microseconds(partial(_ours, style))
        theirs = _microseconds(_structlog(style))
        print(f"a log line as {style}: ours {ours:.1f} µs, structlog {theirs:.1f} µs")
    for name, code in _IMPORTS.items():
        seconds, mib = min(_imported(code) for _ in range(3))
        print(f"{name}: {seconds:.2f} s of processor time, {mib:.0f} MiB")


def _ours(style: str) -> str:
    return render_line(time.time(), "INFO", "Answered", _FIELDS, as_json=style == "json")


def _structlog(style: str) -> Callable[[], object]:
    structlog = import_module("structlog")  # not among what the project is checked with
    processors = structlog.processors
    renderer = (
        processors.LogfmtRenderer()
        if style == "text"
        else processors.JSONRenderer(serializer=orjson.dumps)
    )
    log = structlog.wrap_logger(
        _Nowhere(),
        processors=[processors.add_log_level, processors.TimeStamper(fmt="iso"), renderer],
        wrapper_class=structlog.make_filtering_bound_logger(20),
        cache_logger_on_first_use=True,
    )
    return lambda: log.info("Answered", **_FIELDS)


def _microseconds(render: Callable[[], object]) -> float:
    """Time a line, in the fastest of some rounds."""
    rounds = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        for _ in range(_LINES):
            render()
        rounds.append(time.perf_counter() - started)
    return 1e6 * min(rounds) / _LINES


def _imported(code: str) -> tuple[float, float]:
    """Import in a process of its own; return its processor time in seconds and memory in MiB."""
    command = [sys.executable, "-c", _MEASURE.format(code=code)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    seconds, mib = found.stdout.split()
    return float(seconds), float(mib)


if __name__ == "__main__":
    main()
