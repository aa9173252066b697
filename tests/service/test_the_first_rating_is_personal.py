import pytest

from tests.service.visitors import NewVisitor, Visitor, ok

pytestmark = pytest.mark.contract

COMEDIES, HORRORS = range(30), range(30, 60)
FIVE_ITEMS = (0, 1, 2, 30, 31)


def comedies_among(item_ids: list[str]) -> int:
    return sum(int(item_id) in COMEDIES for item_id in item_ids)


def test_one_rating_changes_scores(visitor: Visitor):
    prior = visitor.scores()

    told = visitor.rate({0: 5})

    answer = visitor.recommendations()
    assert (told["accepted"], told["support_size"], told["support_version"]) == (1, 1, 1)
    assert (answer["strategy"], answer["support_size"]) == ("adapted", 1)
    assert answer["support_version"] == 1
    assert answer["local_steps"] > 0
    assert visitor.scores() != prior


def test_one_rating_tells_the_taste(new_visitor: NewVisitor):
    lover, hater = new_visitor("lover"), new_visitor("hater")
    lover.rate({0: 5})
    hater.rate({0: 1})

    assert lover.scores()["1"] > hater.scores()["1"]


def test_opposite_raters_of_the_same_five_items_get_different_lists(new_visitor: NewVisitor):
    attributes = {"city": "Oslo", "age": 40}
    comedian, horrified = new_visitor("comedian"), new_visitor("horrified")
    for one in (comedian, horrified):
        ok(one.put(attributes), 201)
    comedian.rate({item: 5 if item in COMEDIES else 1 for item in FIVE_ITEMS})
    horrified.rate({item: 1 if item in COMEDIES else 5 for item in FIVE_ITEMS})

    comic = comedian.recommended(limit=20)
    horrible = horrified.recommended(limit=20)

    assert len(set(comic) - set(horrible)) >= 5
    assert comedies_among(comic) > comedies_among(horrible)
    assert comedies_among(comic) > 10 > comedies_among(horrible)


def test_the_next_request_takes_a_changed_mind_into_account(visitor: Visitor):
    visitor.rate(dict.fromkeys(FIVE_ITEMS[:3], 5.0))
    liked = visitor.scores()

    visitor.rate(dict.fromkeys(FIVE_ITEMS[:3], 1.0))

    assert visitor.scores()["5"] < liked["5"]


def test_deleting_the_only_rating_brings_the_prior_back(visitor: Visitor):
    prior = visitor.scores()
    visitor.rate({0: 5})

    assert visitor.client.delete(f"{visitor.path}/feedback/0").status_code == 204

    assert visitor.recommendations()["strategy"] == "prior"
    assert visitor.scores() == prior


@pytest.mark.parametrize(("action", "rating"), [("like", 5), ("dislike", 1), ("click", 3.8)])
def test_an_action_counts_as_its_rating(new_visitor: NewVisitor, action: str, rating: float):
    actor, rater = new_visitor("actor"), new_visitor("rater")

    told = actor.tell({"item_id": "7", "action": action})
    rater.rate({7: rating})

    assert told["support_size"] == 1
    assert actor.scores() == rater.scores()


def test_equal_attributes_and_equal_feedback_give_equal_scores(new_visitor: NewVisitor):
    one, other = new_visitor("one"), new_visitor("other")
    for user in (one, other):
        ok(user.put({"city": "Lima", "age": 55}), 201)
        user.rate({3: 5, 33: 2})

    assert one.scores() == other.scores()
