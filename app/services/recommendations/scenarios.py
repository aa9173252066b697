"""Requests that name a scenario, and scenarios that the model can't follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from app.problems import UnknownScenario
from app.scenarios import Scenario
from app.schemas.recommendations import RankingParameters
from model.catalogue.filter_text import name_and_value
from model.catalogue.number_range import NumberRange
from model.errors import FilterValueError
from model.orders import Order
from model.recommender import Recommender

Parameters = TypeVar("Parameters", bound=RankingParameters)
_REFUSED = "so what asks for it is answered 422"


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
                f"{_listed(self._by_name)}."
            )
        taken = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in found.model_dump(exclude_none=True).items()
            if name not in request.model_fields_set
        }
        return request.model_copy(update=taken | {"scenario": None})

    def warnings(self, recommender: Recommender) -> list[str]:
        """Tell of scenarios that every request for them fails by.

        Args:
            recommender: The model that answers.

        Returns:
            A sentence each.
        """
        return [
            f"The scenario {scenario} {fault}"
            for scenario, parameters in self._by_name.items()
            for fault in _faults(parameters, recommender)
        ]


def _faults(parameters: Scenario, recommender: Recommender) -> Iterator[str]:
    bundled, orders = recommender.catalogue.bundled, recommender.orders
    names = bundled.attribute_names
    for text in parameters.filter or ():
        name, _, value = name_and_value(text, names)
        if name not in names:
            yield (
                f"filters by {name!r}, which is no item attribute, {_REFUSED}; there are: "
                f"{_listed(names)}."
            )
        elif bundled.kinds[name].is_quantity:
            try:
                NumberRange.parse(value)
            except FilterValueError as error:
                yield f"filters by the number {name!r}, and can't be read, {_REFUSED}: {error}."
    if parameters.order is not None and parameters.order not in orders:
        yield (
            f"orders by {parameters.order}, which the model does not, {_REFUSED}; there are: "
            f"{_listed(orders)}."
        )
    if parameters.explore and Order.RELEVANCE not in orders:
        yield f"explores, and the model does not know what it is unsure about, {_REFUSED}."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
