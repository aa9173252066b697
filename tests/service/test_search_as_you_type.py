from itertools import chain

import httpx
import pytest

from tests.service.visitors import Parameter, assert_problem, ok

pytestmark = pytest.mark.contract


def titles(client: httpx.Client, query: str, **parameters: Parameter) -> list[str]:
    page = ok(client.get("/items", params={"query": query, "limit": 200, **parameters}))
    assert page["next_cursor"] is None
    return [item["title"] for item in page["items"]]


@pytest.mark.parametrize("query", ["c", "com", "comedy", "COMEDY", "  CoMe  "])
def test_the_beginning_of_a_word_is_enough_in_any_case(client: httpx.Client, query: str):
    found = titles(client, query)

    assert len(found) == 30
    assert all(title.startswith("Comedy") for title in found)


def test_every_word_must_begin_some_word_in_any_order(client: httpx.Client):
    assert titles(client, "night hor 44") == ["Horror Night 44"]
    assert titles(client, "44 NIGHT horror") == ["Horror Night 44"]
    assert titles(client, "comedy horror") == []
    assert set(titles(client, "4 com")) == {"Comedy Night 4"}
    assert len(titles(client, "hor 4")) == 10


def test_the_middle_of_a_word_is_not_found(client: httpx.Client):
    assert titles(client, "omedy") == []


@pytest.mark.parametrize("query", ["", " ", "!?", "\U0001f600", "()", "'", '"', "\\", "_", "\x00"])
def test_a_query_without_a_word_leaves_no_item_out(client: httpx.Client, query: str):
    assert len(titles(client, query)) == 60


@pytest.mark.parametrize(
    "query",
    ["com*", "^com", "-com", "+com", "{com}", "(com", '"com', "com;--", "com_", "_ com", "com\x00"],
)
def test_signs_around_a_word_do_not_matter(client: httpx.Client, query: str):
    assert titles(client, query) == titles(client, "com")


@pytest.mark.parametrize(
    "query",
    [
        '" OR *',
        "NEAR(",
        "NEAR(comedy night, 2)",
        "comedy OR horror",
        "comedy NOT horror",
        "title:comedy",
        "' OR 1=1 --",
        "'; DROP TABLE titles; --",
    ],
)
def test_operators_are_words_like_any_other(client: httpx.Client, query: str):
    assert titles(client, query) == []
    assert len(titles(client, "night")) == 60


def test_the_most_popular_come_first(client: httpx.Client):
    asked = ok(client.get("/onboarding/items", params={"limit": 200}))["items"]
    popularity = {item["title"]: item["popularity"] for item in asked}

    found = [popularity[title] for title in titles(client, "hor")]

    assert len(set(found)) > 10
    assert found == sorted(found, reverse=True)


def test_a_filter_narrows_the_search(client: httpx.Client):
    red = titles(client, "com", filter="colour:red")
    blue = titles(client, "com", filter="colour:blue")

    assert red
    assert blue
    assert sorted(red + blue) == sorted(titles(client, "com"))
    assert titles(client, "com", filter=["colour:red", "colour:blue"]) == titles(client, "com")
    assert titles(client, "com", filter=["colour:red", "genre:horror"]) == []


def test_an_unknown_filter_name_is_refused(client: httpx.Client):
    assert_problem(client.get("/items", params={"filter": "a:b"}), 422, "unknown_attribute")
    assert_problem(client.get("/items", params={"filter": "ab"}), 422, "invalid_filter")


def pages(client: httpx.Client, **parameters: Parameter) -> list[list[str]]:
    found, cursor = [], {}
    while True:
        page = ok(client.get("/items", params={**parameters, **cursor}))
        found.append([item["item_id"] for item in page["items"]])
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def test_pages_show_every_item_once(client: httpx.Client):
    found = pages(client, query="night", limit=7)

    # Other tests may have put items of their own.
    shown = list(chain.from_iterable(found))
    assert {len(page) for page in found[:-1]} == {7}
    assert len(set(shown)) == len(shown)
    assert {str(i) for i in range(60)} <= set(shown)


def test_a_last_page_that_is_full_names_no_next_one(client: httpx.Client):
    assert [len(page) for page in pages(client, limit=30)] == [30, 30]


def test_pages_of_a_search_with_many_filters_can_be_followed(client: httpx.Client):
    no_genres = [f"genre:there is no genre number {i}" for i in range(60)]

    found = pages(client, filter=[*no_genres, "genre:comedy"], limit=10)

    assert [len(page) for page in found] == [10, 10, 10]


def test_a_cursor_of_another_search_is_refused(client: httpx.Client):
    cursor = ok(client.get("/items", params={"query": "com", "limit": 1}))["next_cursor"]

    for other in ({"query": "hor"}, {}, {"query": "com", "filter": "colour:red"}):
        response = client.get("/items", params={"cursor": cursor, **other})
        assert_problem(response, 400, "invalid_cursor")


@pytest.mark.parametrize("cursor", ["x", "é", "null", "W10", "e30", "MQ", "A" * 1000])
def test_a_cursor_that_nobody_gave_out_is_refused(client: httpx.Client, cursor: str):
    assert_problem(client.get("/items", params={"cursor": cursor}), 400, "invalid_cursor")


@pytest.mark.parametrize(
    "parameters",
    [{"limit": 0}, {"limit": 201}, {"q": "com"}, {"query": "x" * 1001}],
    ids=["limit=0", "limit=201", "q", "long"],
)
def test_bad_parameters_are_refused(client: httpx.Client, parameters: dict):
    assert_problem(client.get("/items", params=parameters), 422, "invalid_parameter")


def test_one_item_can_be_shown(client: httpx.Client):
    item = ok(client.get("/items/31"))

    assert (item["item_id"], item["title"]) == ("31", "Horror Night 31")
    assert item["attributes"]["genre"] == ["horror"]


@pytest.mark.parametrize("item_id", ["60", "-1", "031", "%20", "%F0%9F%98%80", "31%20"])
def test_an_item_that_does_not_exist_is_not_found(client: httpx.Client, item_id: str):
    assert_problem(client.get(f"/items/{item_id}"), 404, "unknown_item")
