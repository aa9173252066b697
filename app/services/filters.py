"""`filter=name:value` parameters."""

from collections.abc import Sequence

from app.problems import InvalidFilter, UnknownAttribute
from model.catalogue import Catalogue, Mask
from model.errors import UnknownFeatureError


def matching_items(catalogue: Catalogue, filters: Sequence[str]) -> Mask:
    """Mark the items that pass all filters.

    Args:
        catalogue: The items.
        filters: `name:value` each.

    Returns:
        Shape [items].

    Raises:
        InvalidFilter: If a filter has no `name:`.
        UnknownAttribute: If a name is no item attribute.
    """
    accepted: dict[str, list[str]] = {}
    for text in filters:
        name, separator, value = text.partition(":")
        if not separator or not name:
            raise InvalidFilter("A filter has the form name:value, such as genre:Drama.")
        accepted.setdefault(name, []).append(value)
    try:
        return catalogue.matching(accepted)
    except UnknownFeatureError as error:
        raise UnknownAttribute(
            f"There is no item attribute {error.name!r} to filter by; there are: "
            f"{', '.join(error.known) or 'none'}."
        ) from error
