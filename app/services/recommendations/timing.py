"""How long the parts of an answer took."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds that the parts of an answer took; 0 for what was at hand."""

    store: float = 0.0
    local_update: float = 0.0
    ranking: float = 0.0

    def __add__(self, other: Timing) -> Timing:
        return Timing(
            self.store + other.store,
            self.local_update + other.local_update,
            self.ranking + other.ranking,
        )

    def header(self) -> str:
        """Render as a Server-Timing header."""
        return (
            f"store;dur={self.store:.2f}, local_update;dur={self.local_update:.2f}, "
            f"ranking;dur={self.ranking:.2f}"
        )


def milliseconds_since(started: float) -> float:
    """Return how long ago `perf_counter` was at a value."""
    return 1000 * (perf_counter() - started)
