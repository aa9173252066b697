"""Groups of items to choose from: what they are called, and how people tell them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

from app.services.comparisons import Group
from model.arrays import Int64Array
from model.features.values import AttributeValue
from model.recommender import Recommender

_LOOKED_AT = 20
"""Items of a group whose attributes name it."""
_VALUES = 2
_LEAST_SHARE = 0.3
_LEAST_LIFT = 1.25
_SMOOTHING = 0.05


@dataclass(frozen=True)
class ItemGroup:
    """A group.

    Attributes:
        group: By the items that it is shown by.
        examples: Internal indices of those.
        items: Internal indices of all its items, those of its middle first.
    """

    group: Group
    examples: Int64Array
    items: Int64Array


def item_groups(recommender: Recommender) -> list[ItemGroup]:
    """Return the groups of a model over its catalogue; none where the preset has no relevance."""
    if recommender.onboarding is None:
        return []
    catalogue = recommender.catalogue
    return [
        ItemGroup(
            Group(tuple(one.item_id for one in catalogue.records(examples.tolist()))),
            examples,
            items,
        )
        for examples, items in recommender.onboarding.groups
    ]


def labels_of(recommender: Recommender, groups: Sequence[ItemGroup]) -> list[str]:
    """Name groups by the attributes that set each apart, or by an item where nothing does.

    Args:
        recommender: Knows the items.
        groups: The groups.

    Returns:
        Names, no two alike.
    """
    counts: list[tuple[Counter[str], int]] = []
    everywhere: Counter[str] = Counter()
    for one in groups:
        records = recommender.catalogue.records(one.items[:_LOOKED_AT].tolist())
        values = Counter(value for record in records for value in _values(record.attributes))
        counts.append((values, len(records)))
        everywhere += values
    total = max(1, sum(size for _, size in counts))
    labels: list[str] = []
    for one, (values, size) in zip(groups, counts, strict=True):
        first = recommender.catalogue.records(one.examples[:1].tolist())[0].title
        telling = _telling(values, size, everywhere, total)
        label = ", ".join(telling) or f"Like {first}"
        if label in labels:
            label = f"{label}, like {first}"
        labels.append(label if label not in labels else f"{label} ({one.group.group_id})")
    return labels


def _values(attributes: Mapping[str, AttributeValue]) -> Iterator[str]:
    """Return what can name a group: words, each once an item."""
    for value in attributes.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from dict.fromkeys(str(one) for one in value)


def _telling(
    values: Mapping[str, int], size: int, everywhere: Mapping[str, int], total: int
) -> list[str]:
    """Return the values that many of a group's items have, and few others."""
    scores = {}
    for value, count in values.items():
        share, usual = count / size, everywhere[value] / total
        lift = (share + _SMOOTHING) / (usual + _SMOOTHING)
        if share >= _LEAST_SHARE and lift >= _LEAST_LIFT:
            scores[value] = share * log(lift)
    return sorted(scores, key=lambda value: (-scores[value], value))[:_VALUES]
