"""`diversity` trades score for variety, and only that."""

from itertools import combinations

import pytest

from tests.service.visitors import Json, Visitor, assert_problem

pytestmark = pytest.mark.contract


def distance(items: list[Json]) -> float:
    """Share of pairs that are of different genre."""
    pairs = list(combinations([item["attributes"]["genre"] for item in items], 2))
    return sum(first != second for first, second in pairs) / len(pairs)


@pytest.fixture
def reader(visitor: Visitor) -> Visitor:
    visitor.rate({0: 5, 1: 5, 2: 4, 31: 1, 32: 1})
    return visitor


def test_none_is_the_order_of_the_scores(reader: Visitor):
    plain = reader.recommendations(limit=200)

    for none in ("0", "0.0", "-0.0"):
        found = reader.recommendations(limit=200, diversity=none)
        assert found["items"] == plain["items"]


def test_more_of_it_brings_more_variety_and_costs_score(reader: Visitor):
    lists = [reader.recommendations(limit=10, diversity=d)["items"] for d in (0, 0.5, 0.8, 1)]

    distances = [distance(one) for one in lists]
    scores = [round(sum(item["score"] for item in one), 3) for one in lists]
    assert distances == sorted(distances)
    assert distances[0] == 0 < 0.4 < distances[-1]
    assert scores == sorted(scores, reverse=True)


def test_ranks_and_scores_stay_what_they_are(reader: Visitor):
    likely = reader.values("relevance")

    items = reader.recommendations(limit=200, diversity=0.9)["items"]

    assert [item["rank"] for item in items] == list(range(1, 56))
    assert {item["item_id"]: item["relevance"] for item in items} == {
        item_id: one for item_id, one in likely.items() if item_id not in reader.ratings()
    }
    shown = [item["relevance"] for item in items]
    assert shown != sorted(shown, reverse=True)


@pytest.mark.parametrize("diversity", [0.3, 1])
def test_the_best_item_stays_first_and_a_shorter_list_is_the_head(
    reader: Visitor, diversity: float
):
    whole = reader.recommended(limit=200, diversity=diversity)

    assert whole[0] == reader.recommended(limit=1)[0]
    for limit in (1, 5, 54):
        assert reader.recommended(limit=limit, diversity=diversity) == whole[:limit]


def test_it_goes_with_filters_and_short_lists(reader: Visitor):
    assert reader.recommended(diversity=1, filter="genre:opera") == []
    horror = reader.recommended(limit=200, filter="genre:horror", diversity=0.5)
    assert set(horror) == set(reader.recommended(limit=200, filter="genre:horror"))
    first = horror[0]
    alone = reader.recommended(
        diversity=1, filter="genre:horror", exclude=[one for one in horror if one != first]
    )
    assert alone == [first]


@pytest.mark.parametrize("diversity", ["-0.1", "1.01", "nan", "NaN", "inf", "much"])
def test_what_is_not_between_none_and_all_is_refused(reader: Visitor, diversity: str):
    answer = reader.get("recommendations", diversity=diversity)

    problem = assert_problem(answer, 422, "invalid_parameter")

    assert problem["errors"][0]["loc"] == ["query", "diversity"]


def test_another_diversity_is_another_answer(reader: Visitor):
    tags = [reader.get("recommendations", diversity=value).headers["etag"] for value in (0, 0.3, 1)]

    assert len(set(tags)) == 3
