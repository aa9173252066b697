import redis

from tests.running import Service
from tests.service.visitors import NewVisitor, Visitor, assert_problem, ok

_READ = {
    "string": lambda store, key: store.get(key),
    "hash": lambda store, key: store.hgetall(key),
    "list": lambda store, key: store.lrange(key, 0, -1),
    "set": lambda store, key: store.smembers(key),
    "zset": lambda store, key: store.zrange(key, 0, -1, withscores=True),
    "stream": lambda store, key: store.xrange(key),
}


def everything_in(store: redis.Redis) -> str:
    """All keys and all values of every database, as one text."""
    assert set(store.info("keyspace")) <= {"db0"}
    keys = store.scan_iter(count=1000)
    return "\n".join(repr((key, _READ[store.type(key)](store, key))) for key in keys)


def test_afterwards_nothing_in_the_store_mentions_the_user(visitor: Visitor, service: Service):
    ok(visitor.put({"city": "Mentioned by nobody else"}), 201)
    visitor.tell({"item_id": "0", "rating": 5, "event_id": "an event of this user alone"})
    visitor.recommendations()
    visitor.onboarding()
    with service.store() as store:
        before = everything_in(store)
        assert visitor.user_id in before
        assert "Mentioned by nobody else" in before

        response = visitor.client.delete(visitor.path)

        assert response.status_code == 204
        assert response.content == b""
        after = everything_in(store)
    assert visitor.user_id not in after
    assert "Mentioned by nobody else" not in after


def test_afterwards_the_user_is_one_never_seen(visitor: Visitor):
    prior = visitor.recommendations(limit=200)
    questions = visitor.onboarding()
    visitor.put({"city": "Rome"})
    visitor.rate({0: 5, 1: 1})

    visitor.client.delete(visitor.path)

    assert_problem(visitor.client.get(visitor.path), 404, "unknown_user")
    assert visitor.feedback() == []
    assert visitor.recommendations(limit=200) == prior
    assert visitor.onboarding() == questions


def test_erasing_is_harmless_to_repeat(visitor: Visitor):
    visitor.rate({0: 5})

    answers = [visitor.client.delete(visitor.path).status_code for _ in range(3)]

    assert answers == [204, 204, 204]


def test_other_users_stay(new_visitor: NewVisitor):
    leaving, staying = new_visitor("leaving"), new_visitor("staying")
    for one in (leaving, staying):
        one.rate({0: 5})

    leaving.client.delete(leaving.path)

    assert staying.ratings() == {"0": 5}


def test_an_erased_user_can_begin_again(visitor: Visitor):
    visitor.rate({0: 5})
    visitor.client.delete(visitor.path)

    told = visitor.rate({1: 2})

    assert (told["accepted"], told["support_size"], told["support_version"]) == (1, 1, 1)
    assert visitor.ratings() == {"1": 2}


def test_after_a_merge_nothing_in_the_store_mentions_the_anonymous_user(
    visitor: Visitor, new_visitor: NewVisitor, service: Service
):
    anonymous = new_visitor("anonymous")
    anonymous.rate({0: 5})
    anonymous.recommendations()

    ok(visitor.client.post(f"{visitor.path}/merge", json={"from_user_id": anonymous.user_id}))

    with service.store() as store:
        assert visitor.user_id in everything_in(store)
        assert anonymous.user_id not in everything_in(store)
