"""`filter=name:value` parameters."""

from collections.abc import Sequence

from app.problems import InvalidFilter, UnknownAttribute
from model.arrays import Int64Array
from model.catalogue.filter_text import name_and_value
from model.catalogue.live import LiveCatalogue
from model.errors import FilterValueError, UnknownFeatureError


def matching_items(catalogue: LiveCatalogue, filters: Sequence[str]) -> Int64Array | None:
    """Find the items that pass all filters.

    Args:
        catalogue: The items.
        filters: `name:value` each; for a number also `name:lowest..highest` with either end open.

    Returns:
        Internal item indices in ascending order; None, which is all, without a filter.

    Raises:
        InvalidFilter: If a filter has no `name:`, or what it says of a number is none.
        UnknownAttribute: If a name is no item attribute.
    """
    accepted: dict[str, list[str]] = {}
    for text in filters:
        name, separator, value = name_and_value(text, catalogue.attribute_names)
        if not separator or not name:
            raise InvalidFilter(
                "A filter has the form name:value, such as genre:Drama, or for numbers also "
                "name:lowest..highest, such as year:1990..1999."
            )
        accepted.setdefault(name, []).append(value)
    try:
        return catalogue.matching(accepted)
    except FilterValueError as error:
        raise InvalidFilter(f"A filter on a number can't be read: {error}.") from error
    except UnknownFeatureError as error:
        raise UnknownAttribute(
            f"There is no item attribute {error.name!r} to filter by; there are: "
            f"{', '.join(error.known) or 'none'}."
        ) from error
