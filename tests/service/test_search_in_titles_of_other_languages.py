import unicodedata

import polars as pl
import pytest

from app.services.search import TitleSearch
from model.catalogue.bundled import Catalogue
from model.catalogue.live import LiveCatalogue

TITLES = ("Amélie", "Star Wars (1977)", "Привет, мир", "東京物語", "foo_bar", "Don't Look Now")


@pytest.fixture(scope="module", params=["NFC", "NFD"])
def catalogue(request: pytest.FixtureRequest) -> LiveCatalogue:
    """Titles whose accents are part of the letter, or characters of their own."""
    ones = [1.0] * len(TITLES)
    columns = dict.fromkeys(("discrimination", "popularity", "score"), ones)
    titles = [unicodedata.normalize(request.param, title) for title in TITLES]
    ids = [str(index) for index in range(len(TITLES))]
    table = pl.DataFrame({"item_id": ids, "title": titles, **columns})
    return LiveCatalogue(Catalogue(table))


@pytest.fixture(scope="module")
def search(catalogue: LiveCatalogue) -> TitleSearch:
    return TitleSearch(catalogue.bundled)


def found(search: TitleSearch, catalogue: LiveCatalogue, query: str) -> list[int]:
    result = search.find(query, catalogue)
    assert result is not None
    items: list[int] = result.items.tolist()
    return items


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("amelie", "Amélie"),
        ("AMÉ", "Amélie"),
        ("Amélie", "Amélie"),
        ("wars 1977 star", "Star Wars (1977)"),
        ("при", "Привет, мир"),
        ("МИР", "Привет, мир"),
        ("東京", "東京物語"),
        ("bar foo", "foo_bar"),
        ("foo_b", "foo_bar"),
        ("don't", "Don't Look Now"),
    ],
)
def test_a_title_is_found(
    search: TitleSearch, catalogue: LiveCatalogue, query: str, title: str, form: str
):
    assert found(search, catalogue, unicodedata.normalize(form, query)) == [TITLES.index(title)]


@pytest.mark.parametrize("query", ["a am amel amelie " * 50, "á a à A ame Amélie"])
def test_words_that_begin_another_word_change_nothing(
    search: TitleSearch, catalogue: LiveCatalogue, query: str
):
    assert found(search, catalogue, query) == found(search, catalogue, "amelie") != []


def test_a_word_said_five_hundred_times_is_looked_up_once(
    search: TitleSearch, catalogue: LiveCatalogue
):
    looked_up: list[str] = []
    search._database.set_trace_callback(looked_up.append)

    search.find("s " * 500, catalogue)

    search._database.set_trace_callback(None)
    assert [text.count('"s"*') for text in looked_up if " MATCH " in text] == [1]
