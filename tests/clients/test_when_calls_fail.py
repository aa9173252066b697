"""What clients make of errors, of a service that is busy or gone, and of answers that get lost."""

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.clients.drivers import (
    ASYNC_PYTHON,
    JAVASCRIPT,
    AbortedError,
    CallError,
    Driver,
    JavaScriptDriver,
    PythonDriver,
)
from tests.clients.faulty_proxy import Fault, FaultyProxy
from tests.ports import free_port
from tests.running import Service

BUSY = (
    b'{"code": "overloaded", "status": 503, "detail": "Too much at once.", "title": "", "type": ""}'
)


def busy(retry_after: str | None = None, status: int = 503) -> Fault:
    headers = {"Content-Type": "application/problem+json", "X-Request-ID": "told"}
    if retry_after is not None:
        headers["Retry-After"] = retry_after
    return Fault(status=status, headers=headers, body=BUSY)


def event_ids(proxy: FaultyProxy) -> list[str]:
    return [json.loads(one.body)["events"][0]["event_id"] for one in proxy.seen]


def test_what_does_not_exist(proxied: Driver, proxy: FaultyProxy):
    with pytest.raises(CallError) as failed:
        proxied.call("item", item_id="none")

    assert (failed.value.status, failed.value.code) == (404, "unknown_item")
    assert failed.value.request_id
    assert failed.value.problem["title"] == "Unknown item"
    assert "none" in failed.value.message
    assert not failed.value.passes
    assert len(proxy.seen) == 1


def test_what_is_wrong_with_events(melu: Driver, user: str):
    events = [{"item_id": "5", "rating": 5}, {"item_id": "6", "rating": 9}]

    with pytest.raises(CallError) as failed:
        melu.call("send_feedback", user_id=user, events=events)

    assert (failed.value.status, failed.value.code) == (422, "rating_out_of_range")
    assert failed.value.problem["errors"][0]["loc"] == ["body", "events", 1, "rating"]


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_is_asked_again_when_it_said(
    proxied: Driver, proxy: FaultyProxy, user: str, status: int
):
    proxy.faults.append(busy("1", status))
    start = time.monotonic()

    assert proxied.call("recommendations", user_id=user)["strategy"] == "prior"

    assert 0.9 < time.monotonic() - start < 5
    assert [one.status for one in proxy.seen] == [status, 200]


def test_retry_after_may_be_a_date(proxied: Driver, proxy: FaultyProxy):
    soon = datetime.now(UTC) + timedelta(seconds=2)
    proxy.faults.append(busy(format_datetime(soon, usegmt=True)))

    assert proxied.call("model")["rating_scale"] == [1, 5]

    assert datetime.now(UTC) >= soon.replace(microsecond=0)


def test_a_long_wait_is_left_to_the_caller(proxied: Driver, proxy: FaultyProxy):
    proxy.faults.append(busy("3600"))

    with pytest.raises(CallError) as failed:
        proxied.call("model")

    assert (failed.value.code, failed.value.retry_after) == ("overloaded", 3600)
    assert failed.value.request_id == "told"
    assert failed.value.passes
    assert len(proxy.seen) == 1


def test_it_is_asked_a_few_times_and_no_more(driver: Driver, proxy: FaultyProxy):
    driver.make(proxy.url, retries=2)
    proxy.faults.extend([busy()] * 9)

    with pytest.raises(CallError) as failed:
        driver.call("model")

    assert failed.value.code == "overloaded"
    assert len(proxy.seen) == 3


def test_feedback_whose_answer_is_lost_counts_once(proxied: Driver, proxy: FaultyProxy, user: str):
    proxy.faults.append(Fault(loses_answer=True))

    told = proxied.call("send_feedback", user_id=user, events=[{"item_id": "5", "rating": 5}])

    assert (told["accepted"], told["ignored"]) == (0, 1)
    assert told["support_version"] == 1
    first, second = event_ids(proxy)
    assert first == second


def test_each_event_has_an_id_of_its_own_or_yours(proxied: Driver, proxy: FaultyProxy, user: str):
    for _ in range(2):
        proxied.call("send_feedback", user_id=user, events=[{"item_id": "5", "rating": 5}])
    mine = {"item_id": "6", "rating": 5, "event_id": "mine"}
    proxied.call("send_feedback", user_id=user, events=[mine])

    first, second, third = event_ids(proxy)
    assert len({first, second, third}) == 3
    assert third == "mine"


def test_a_deletion_whose_answer_is_lost_is_done(proxied: Driver, proxy: FaultyProxy, user: str):
    proxied.call("send_feedback", user_id=user, events=[{"item_id": "5", "rating": 5}])
    proxy.faults.append(Fault(loses_answer=True))

    proxied.call("delete_feedback", user_id=user, item_id="5")

    assert [one.status for one in proxy.seen] == [200, 204, 404]
    with pytest.raises(CallError) as failed:
        proxied.call("delete_feedback", user_id=user, item_id="5")
    assert failed.value.code == "unknown_feedback"


def test_a_deletion_that_was_refused_at_first_is_not_taken_for_done(
    proxied: Driver, proxy: FaultyProxy, user: str
):
    proxy.faults.append(busy("0", 429))

    with pytest.raises(CallError) as failed:
        proxied.call("delete_feedback", user_id=user, item_id="5")

    assert failed.value.code == "unknown_feedback"


def test_nobody_there(driver: Driver):
    driver.make(f"http://127.0.0.1:{free_port()}", retries=1)

    with pytest.raises(CallError) as failed:
        driver.call("model")

    assert (failed.value.code, failed.value.status) == ("unreachable", 0)
    assert failed.value.passes


def test_no_answer_in_time(driver: Driver, proxy: FaultyProxy):
    driver.make(proxy.url, retries=0, timeout=0.3)
    proxy.faults.append(Fault(delay_seconds=1))

    with pytest.raises(CallError) as failed:
        driver.call("model")

    assert (failed.value.code, failed.value.status) == ("timeout", 0)


def test_a_month_is_time_enough_to_answer(driver: Driver, proxy: FaultyProxy):
    # More milliseconds than the timers of browsers and Node can count.
    driver.make(proxy.url, retries=0, timeout=30 * 86_400)
    proxy.faults.append(Fault(delay_seconds=0.3))

    assert driver.call("model")["rating_scale"] == [1, 5]


def test_somebody_else_answers(proxied: Driver, proxy: FaultyProxy):
    page = b"<html>Please log in to the hotel's network</html>"
    proxy.faults.extend([Fault(status=200, body=page), Fault(status=404, body=page)])

    with pytest.raises(CallError) as login:
        proxied.call("model")
    with pytest.raises(CallError) as missing:
        proxied.call("model")

    assert (login.value.code, login.value.status) == ("invalid_answer", 200)
    assert (missing.value.code, missing.value.status) == ("unknown", 404)
    assert missing.value.problem is None


@pytest.mark.parametrize("body_delay", [0, 0.05])
def test_an_answer_that_nobody_can_unpack_is_asked_for_again(
    driver: Driver, proxy: FaultyProxy, body_delay: float
):
    # Node 20 waits for the rest of what comes after its headers, for ever.
    driver.make(proxy.url, timeout=1)
    proxy.faults.append(
        Fault(
            status=200,
            headers={"Content-Encoding": "gzip"},
            body=b"cut off before it began",
            body_delay_seconds=body_delay,
        )
    )

    assert driver.call("model")["rating_scale"] == [1, 5]

    assert len(proxy.seen) == 2


def test_an_answer_that_nobody_can_unpack_can_be_aborted(
    javascript: JavaScriptDriver, proxy: FaultyProxy
):
    javascript.make(proxy.url)
    proxy.faults.append(
        Fault(
            200, {"Content-Encoding": "gzip"}, b"cut off before it began", body_delay_seconds=0.05
        )
    )

    with pytest.raises(AbortedError):
        javascript.call("model", abort_after=0.5)


@pytest.mark.parametrize("driver", [JAVASCRIPT, ASYNC_PYTHON], indirect=True)
def test_a_token_that_never_comes_is_waited_for_no_longer_than_an_answer(
    driver: Driver, service: Service
):
    driver.make(service.url, timeout=0.3, tokens=[None, "a token"])

    with pytest.raises(CallError) as failed:
        driver.call("model")

    assert (failed.value.code, failed.value.status) == ("timeout", 0)
    # Another one is asked for.
    assert driver.call("model")["rating_scale"] == [1, 5]


@pytest.mark.parametrize("driver", [JAVASCRIPT, ASYNC_PYTHON], indirect=True)
def test_a_call_that_waits_for_its_token_can_be_aborted(driver: Driver, service: Service):
    driver.make(service.url, tokens=[None])

    with pytest.raises(AbortedError):
        driver.call("model", abort_after=0.2)


def test_a_call_can_be_aborted(proxied: Driver, proxy: FaultyProxy):
    if isinstance(proxied, PythonDriver):
        # Calls that block end by their timeout.
        with pytest.raises(AssertionError):
            proxied.call("model", abort_after=0.1)
        return
    proxy.faults.append(Fault(delay_seconds=2))
    start = time.monotonic()

    with pytest.raises(AbortedError):
        proxied.call("model", abort_after=0.2)

    assert time.monotonic() - start < 1.5
    # Nor does it wait for its next attempt.
    proxy.faults.clear()
    proxy.faults.extend([busy("20")] * 2)
    with pytest.raises(AbortedError):
        proxied.call("model", abort_after=0.5)
    assert time.monotonic() - start < 5


def test_an_unchanged_ranking_is_not_sent_again(proxied: Driver, proxy: FaultyProxy, user: str):
    first = proxied.call("recommendations", user_id=user, limit=3)
    again = proxied.call("recommendations", user_id=user, limit=3)
    other = proxied.call("recommendations", user_id=user, limit=2)

    assert again == first
    assert len(other["items"]) == 2
    assert [one.status for one in proxy.seen] == [200, 304, 200]
    proxied.call("send_feedback", user_id=user, events=[{"item_id": "5", "rating": 5}])
    assert proxied.call("recommendations", user_id=user, limit=3)["strategy"] == "adapted"
    assert proxy.seen[-1].status == 200


def test_an_erased_user_is_forgotten_here_as_well(proxied: Driver, proxy: FaultyProxy, user: str):
    proxied.call("recommendations", user_id=user)
    proxied.call("delete_user", user_id=user)
    proxied.call("recommendations", user_id=user)

    names = {name.lower() for name in proxy.seen[-1].headers}
    assert "authorization" not in names
    assert "if-none-match" not in names


def test_calls_outlive_a_restart(driver: Driver, own_service: Service, user: str):
    driver.make(own_service.url, retries=0)
    events = [{"item_id": "5", "rating": 5}]
    own_service.stop()

    with pytest.raises(CallError) as failed:
        driver.call("send_feedback", user_id=user, events=events)
    own_service.start()

    assert failed.value.code == "unreachable"
    assert driver.call("send_feedback", user_id=user, events=events)["accepted"] == 1
