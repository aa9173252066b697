"""Requests that name a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from app.problems import UnknownScenario
from app.scenarios import Scenario
from app.schemas.recommendations import RankingParameters

Parameters = TypeVar("Parameters", bound=RankingParameters)


class Scenarios:
    """Parameters under names.

    Args:
        by_name: Those of the settings.
    """

    def __init__(self, by_name: Mapping[str, Scenario]) -> None:
        self._by_name = by_name

    def resolved(self, request: Parameters) -> Parameters:
        """Take what a request does not say from the scenario that it names.

        Args:
            request: Parameters of a ranking.

        Returns:
            The parameters without a scenario.

        Raises:
            UnknownScenario: If there is no such scenario.
        """
        if request.scenario is None:
            return request
        found = self._by_name.get(request.scenario)
        if found is None:
            raise UnknownScenario(
                f"{request.place}, scenario: there is no scenario {request.scenario!r}; there are: "
                f"{', '.join(self._by_name) or 'none'}."
            )
        taken = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in found.model_dump(exclude_none=True).items()
            if name not in request.model_fields_set
        }
        return request.model_copy(update=taken | {"scenario": None})
