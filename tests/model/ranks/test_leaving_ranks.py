"""What is left of the ranks once a process has left them."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.ranks import environments

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]

# An optimiser's imports end with a module whose defaults name the group of the moment.
_LEAVING = """
from pathlib import Path
import torch
from model.ranks.torch_ranks import joined_ranks

def threads():
    return [task.joinpath("comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]

with joined_ranks() as ranks:
    weight = torch.zeros(2, requires_grad=True)
    torch.optim.Adam([weight])
    import torch.distributed.nn.functional
    ranks.total_of(torch.ones(2))
    joined = threads()
print(joined.count("pt_gloo_runloop") > 0, threads().count("pt_gloo_runloop"))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks at threads as Linux tells them")
def test_no_thread_of_the_ranks_outlives_them():
    # One that did would give back its last tensor while the interpreter ends, and abort it.
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _LEAVING],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for environment in environments(2)
    ]
    told = [process.communicate(timeout=120)[0] for process in processes]

    assert told == ["True 0\n"] * 2
    assert [process.returncode for process in processes] == [0, 0]
