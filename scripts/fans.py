"""`melu fans`: what three loved items of a kind bring."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.table import Table

from model.catalogue.filter_text import name_and_value
from model.errors import ModelError
from model.recommender import Recommender
from scripts.terminal import tables_output

LOVED = 3
LENGTH = 10
_WIDTH = 120


def show_fans(model: Path, kinds: Sequence[str]) -> None:
    """Print, for fans of some kinds, how many of the first ten items are of the kind.

    Args:
        model: The bundle.
        kinds: `name:value` of an item attribute each.

    Raises:
        ModelError: If the bundle can't be used, or there are too few items of a kind.
    """
    recommender = Recommender.load(model)
    table = Table(title=f"of the first {LENGTH}, after loving {LOVED} popular ones of a kind")
    for head in ("kind", *(f"by {order.value}" for order in recommender.orders), "as everybody's"):
        table.add_column(head)
    for kind in kinds:
        found, common = fan_of(recommender, kind)
        table.add_row(kind, *(str(one) for one in found), str(common))
    tables_output(_WIDTH).print(table)


def fan_of(recommender: Recommender, kind: str) -> tuple[list[int], int]:
    """Let a new user love the items of a kind with the most popularity for each of their kinds.

    Args:
        recommender: The model.
        kind: `name:value` of an item attribute.

    Returns:
        How many of the first ten are of the kind, in each of the model's orders; and how many of
        the ten in its default order everybody gets too.

    Raises:
        ModelError: If there are fewer than three such items.
    """
    name, _, value = name_and_value(kind, recommender.catalogue.attribute_names)
    members = recommender.catalogue.matching({name: [value]})
    if members is None or len(members) < LOVED:
        raise ModelError(f"there are not {LOVED} items of {kind}.")
    popularity = np.asarray(recommender.catalogue.evidence.popularity)[members]
    # What is of many kinds says little of any of them.
    values = [one.attributes[name] for one in recommender.catalogue.records(members.tolist())]
    kinds = np.array([len(one) if isinstance(one, list) else 1 for one in values])
    loved = np.sort(members[np.argsort(-popularity / kinds, kind="stable")[:LOVED]])
    highest = recommender.scale[1]
    fan = recommender.adapt({}, [(item, highest) for item in loved.tolist()])

    lists = [
        recommender.rank(fan, LENGTH, order=order, without=loved).index
        for order in recommender.orders
    ]
    everybody = recommender.rank(recommender.adapt({}, []), LENGTH, without=loved).index
    found = [int(np.isin(one, members).sum()) for one in lists]
    return found, int(np.isin(lists[0], everybody).sum())
