"""A service computes on the cores that it may use, not on all of the machine's."""

import os
import subprocess
import sys

import pytest

_ASK = "from app.settings import Settings; print(Settings().compute_threads)"


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="Linux binds processes to cores")
def test_one_that_is_bound_to_a_core_computes_once_at_a_time():
    core = min(os.sched_getaffinity(0))
    environment = {n: v for n, v in os.environ.items() if n != "MELU_COMPUTE_THREADS"}

    def asked(*before: str) -> int:
        command = [*before, sys.executable, "-c", _ASK]
        return int(subprocess.check_output(command, env=environment, text=True))

    assert asked("taskset", "--cpu-list", str(core)) == 1
    # A quota of processor time may leave fewer.
    assert 1 <= asked() <= len(os.sched_getaffinity(0))
