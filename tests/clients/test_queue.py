"""Feedback that waits in the JavaScript client until the service takes it."""

import time

import pytest

from tests.clients.drivers import CallError, JavaScriptDriver
from tests.clients.faulty_proxy import Fault, FaultyProxy
from tests.running import Service, wait_for


def rating(item: int, value: float = 5) -> dict[str, object]:
    return {"item_id": str(item), "rating": value}


def waits(javascript: JavaScriptDriver) -> list[str]:
    return [event["item_id"] for event in javascript.call("queued_feedback")]


REFUSALS = (Fault(status=503), Fault(status=503))


def wait_in_vain(
    javascript: JavaScriptDriver, proxy: FaultyProxy, *events: dict[str, object]
) -> None:
    """Queue events; return once a pass that began by itself, and one that was asked for, failed."""
    proxy.faults.extend(REFUSALS)
    javascript.call("queue_feedback", events=list(events))
    with pytest.raises(CallError):
        javascript.call("flush")
    wait_for(lambda: len(proxy.seen) == len(REFUSALS), "both to fail")


def test_it_waits_for_the_service_and_is_sent_in_order(
    javascript: JavaScriptDriver, own_service: Service
):
    javascript.make(own_service.url, userId="ada", retries=0)
    own_service.stop()

    javascript.call("queue_feedback", events=rating(5))
    javascript.call("queue_feedback", events=[rating(6), rating(7), rating(5, 1)])
    with pytest.raises(CallError) as failed:
        javascript.call("flush")
    assert failed.value.code == "unreachable"
    assert waits(javascript) == ["5", "6", "7", "5"]

    own_service.start()
    # By itself: nothing is called here.
    wait_for(lambda: waits(javascript) == [], "the queue to be sent")
    stored = {one["item_id"]: one["rating"] for one in javascript.call("all_feedback")}
    assert stored == {"5": 1, "6": 5, "7": 5}
    sent = [event for event in javascript.events() if event["type"] == "sent"]
    assert [event["item_id"] for told in sent for event in told["events"]] == ["5", "6", "7", "5"]


def test_it_outlives_the_page(javascript: JavaScriptDriver, service: Service, user: str):
    javascript.make("http://127.0.0.1:9", userId=user, retries=0)
    javascript.call("queue_feedback", events=[rating(5)])
    with pytest.raises(CallError):
        javascript.call("flush")

    # The same service at its old address, as a page that is opened again.
    javascript.make("http://127.0.0.1:9", userId=user, retries=0, keeps_storage=True)

    assert waits(javascript) == ["5"]


def test_a_lost_answer_does_no_harm(javascript: JavaScriptDriver, proxy: FaultyProxy, user: str):
    javascript.make(proxy.url, userId=user, retries=0)
    proxy.faults.append(Fault(loses_answer=True))

    javascript.call("queue_feedback", events=[rating(5), rating(6)])

    wait_for(lambda: waits(javascript) == [], "the queue to be sent")
    told = [event["answer"] for event in javascript.events() if event["type"] == "sent"]
    assert [(one["accepted"], one["ignored"]) for one in told] == [(0, 2)]
    assert javascript.call("user")["support_version"] == 1


def test_what_the_service_never_takes_does_not_hold_up_the_rest(
    javascript: JavaScriptDriver, service: Service, user: str
):
    javascript.make(service.url, userId=user)

    javascript.call("queue_feedback", events=[rating(5), rating(6, 99), rating(7), rating(8)])
    javascript.call("flush")

    assert waits(javascript) == []
    assert {one["item_id"] for one in javascript.call("all_feedback")} == {"5", "7", "8"}
    refused = [event for event in javascript.events() if event["type"] == "refused"]
    assert [one["event"]["item_id"] for one in refused] == ["6"]
    assert refused[0]["error"] == "rating_out_of_range"


def test_more_than_a_call_takes(javascript: JavaScriptDriver, service: Service, user: str):
    javascript.make(service.url, userId=user)

    javascript.call("queue_feedback", events=[rating(n % 60, 1 + n % 5) for n in range(1100)])
    javascript.call("flush")

    assert waits(javascript) == []
    assert len(javascript.call("all_feedback")) == 60


def test_each_user_has_a_queue(javascript: JavaScriptDriver, proxy: FaultyProxy, user: str):
    javascript.make(proxy.url, userId=user, retries=0)

    javascript.call("queue_feedback", user_id="somebody else", events=[rating(5)])
    javascript.call("flush")

    assert proxy.seen == []
    waiting = javascript.call("queued_feedback", user_id="somebody else")
    assert [one["item_id"] for one in waiting] == ["5"]


def test_an_erased_user_is_not_made_again_by_what_waits(
    javascript: JavaScriptDriver, proxy: FaultyProxy, user: str
):
    javascript.make(proxy.url, userId=user, retries=0)
    wait_in_vain(javascript, proxy, rating(5), rating(6))

    javascript.call("delete_user")
    javascript.call("flush")

    assert waits(javascript) == []
    assert [one.status for one in proxy.seen if one.method == "POST"] == [503] * len(REFUSALS)
    with pytest.raises(CallError) as gone:
        javascript.call("user")
    assert gone.value.code == "unknown_user"


def test_an_answer_taken_back_before_it_was_sent_is_never_sent(
    javascript: JavaScriptDriver, proxy: FaultyProxy, user: str
):
    javascript.make(proxy.url, userId=user, retries=0)
    wait_in_vain(javascript, proxy, rating(5), rating(6))

    javascript.call("delete_feedback", item_id="5")
    javascript.call("flush")

    assert [one["item_id"] for one in javascript.call("all_feedback")] == ["6"]


def test_a_wait_of_years_is_not_an_end_of_waiting(
    javascript: JavaScriptDriver, proxy: FaultyProxy, user: str
):
    javascript.make(proxy.url, userId=user, retries=0)
    proxy.faults.extend([Fault(status=503, headers={"Retry-After": "99999999"})] * 50)

    javascript.call("queue_feedback", events=[rating(5)])
    with pytest.raises(CallError):
        javascript.call("flush")
    time.sleep(1)

    # One by itself and one that was asked for.
    assert len(proxy.seen) <= 2
    assert waits(javascript) == ["5"]
