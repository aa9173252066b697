"""Lists are kept for an hour or two, and a release may come meanwhile."""

import orjson

from app.services.recommendations.adaptation import SupportSet
from app.services.recommendations.ranking_snapshots import RankingSnapshot, ShownValues
from model.orders import Order

LIST = RankingSnapshot(
    {"strategy": "adapted", "support_size": 2},
    ["a", "b"],
    ShownValues([9_000, 8_000], [100, -100], None, [1]),
    Order.LIFT,
    SupportSet(
        {"age": 30},
        [("c", 5.0, 1.0, True)],
        [("d", 3, 1.0, True)],
        [((("e",), ("f",)), (1.0, 0.0)), ((("g", "h", "i"), ("j", "k", "l")), (0.0, 2.0))],
    ),
)


def test_a_list_comes_back_as_it_was_kept():
    assert RankingSnapshot.decode(LIST.encode()) == LIST


def test_a_list_that_an_earlier_release_kept_is_no_list():
    earlier = orjson.dumps([LIST.head, "a/b", [49_000, 48_000], None]).decode()

    assert RankingSnapshot.decode(earlier) is None
