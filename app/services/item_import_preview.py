"""What would become of items if they were put."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.schemas.items import Item, ItemChange
from app.store import StoredItem
from model.features import FeatureSpace
from model.features.values import AttributeValue


def changes_of(
    space: FeatureSpace, items: Iterable[StoredItem], before: Mapping[str, Item]
) -> list[ItemChange]:
    """Compare items with what the catalogue has.

    Args:
        space: What the model knows of items.
        items: Items to put.
        before: Item id → the item as it is, where there is one.

    Returns:
        One change an item, in their order.
    """
    changes = []
    for item in items:
        attributes = item.attributes or {}
        was, after = before.get(item.item_id), told(attributes)
        fields = []
        if was is not None:
            names = sorted(was.attributes.keys() | after.keys())
            fields = ["title"] if was.title != item.title else []
            fields += [name for name in names if was.attributes.get(name) != after.get(name)]
        changes.append(
            ItemChange(
                item_id=item.item_id,
                change="new" if was is None else "changed" if fields else "same",
                fields=fields,
                warnings=warnings_of(space, attributes),
            )
        )
    return changes


def told(attributes: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
    """Leave out attributes without a value, as clients are not shown them."""
    return {name: value for name, value in attributes.items() if value not in (None, [])}


def warnings_of(space: FeatureSpace, attributes: Mapping[str, AttributeValue]) -> list[str]:
    """Name the values of an item that training never saw."""
    known = {name: attributes[name] for name in space.names if name in attributes}
    return [
        f"{name}: training never saw this value, so it tells the model nothing"
        for name in space.unseen(known)
    ]
