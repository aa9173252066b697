"""Examples for the API's description that work on the catalogue that is served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from app.services.comparisons import Group
from app.services.item_groups import item_groups
from model.ranking import best
from model.recommender import Recommender

USER_ID, ANONYMOUS_ID, NEW_ITEM_ID = "ada", "anon-17", "my-new-item"


@dataclass(frozen=True)
class ApiExamples:
    """Values that a reader of the description can send as they stand.

    Attributes:
        model_version: Of the model that they were taken from.
        items: Popular items as clients see them, at least one.
        profile: Attributes of a user that the model has.
        filter: Of items; empty where they have no attributes.
        rating: The highest.
        group: Of items; None where the preset has none.
    """

    model_version: str
    items: list[dict[str, Any]]
    profile: dict[str, Any]
    filter: list[str]
    rating: float
    group: Group | None


def examples_of(recommender: Recommender) -> ApiExamples:
    """Take examples from the model and the catalogue that answer now.

    Args:
        recommender: The model over its catalogue.

    Returns:
        The examples.
    """
    catalogue = recommender.catalogue
    popularity = np.array(catalogue.evidence.popularity)
    popularity[catalogue.hidden] = -np.inf
    # A description needs one even where all items were deleted.
    count = min(2, max(1, len(catalogue)))
    records = catalogue.records(best(popularity, count).tolist())
    items = [
        {"item_id": one.item_id, "title": one.title, "attributes": one.attributes}
        for one in records
    ]
    profile: dict[str, Any] = {}
    for name, encoder in recommender.user_space.encoders.items():
        described = encoder.describe()
        if described.minimum is not None:
            profile[name] = described.minimum
        elif described.values:
            profile[name] = described.values[0]
    filters = []
    for name, value in records[0].attributes.items():
        one = value[0] if isinstance(value, list) else value
        filters.append(f"{name}:{one}")
    high = recommender.scale[1]
    rating = int(high) if float(high).is_integer() else high
    group = next((one.group for one in item_groups(recommender)), None)
    return ApiExamples(recommender.manifest.version, items, profile, filters[:1], rating, group)


def can_be_sent(examples: ApiExamples | None, recommender: Recommender | None) -> bool:
    """Tell whether examples still work on the model and the catalogue that answer now.

    Args:
        examples: The examples; None if they were to be taken while there was no model.
        recommender: The model over its catalogue; None if there is none.

    Returns:
        Whether they do. It takes a few look-ups, however large the catalogue is.
    """
    if examples is None or recommender is None:
        return examples is None and recommender is None
    catalogue = recommender.catalogue
    needed = [one["item_id"] for one in examples.items]
    if examples.group is not None:
        needed += examples.group.item_ids
    return examples.model_version == recommender.manifest.version and (
        len(catalogue) == 0 or all(one in catalogue.index_of for one in needed)
    )
