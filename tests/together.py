"""Which tests one process runs, where several run them side by side.

Those of a file, which share what they train and serve; and those that share what is dear to start:
each worker of a service takes some three seconds of processor time to import what it needs.
"""

from xdist.scheduler import LoadFileScheduling

from tests.deployments import DEPLOYMENTS, ONE_WORKER

SEVERAL = tuple(name for name in DEPLOYMENTS if name != ONE_WORKER)
TWO_WORKERS = frozenset(
    f"tests/service/test_{name}.py"
    for name in (
        "dashboard_and_alerts",
        "lists_that_hold_still",
        "live_catalogue",
        "metrics",
        "rankings_kept_in_memory",
        "search_finds_what_is_meant",
        "starting_and_stopping",
    )
)
"""Files whose tests ask for the service `two_workers`."""


class Together(LoadFileScheduling):
    """Gives a process a file's tests, or all tests that share a service of several workers."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        if file in TWO_WORKERS:
            return "two workers"
        return next((name for name in SEVERAL if name in nodeid), file)
