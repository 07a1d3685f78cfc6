"""One snapshot per instance: who reads the calendar, who waits, who gets what when reading fails.

The seconds that settings are given here are small, so that they can be waited for.
"""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.local.google.control import Control
from infra.local.processes import wait_until
from tests.conftest import Serve
from tests.support.client import Answer
from tests.support.error_answers import BUSY_MACHINE_SECONDS, PAST_BUDGET, assert_list_error
from tests.support.google_api import event_at
from tests.support.listing import read_anew
from tests.support.served import Served

PATIENCE = 2
"""Seconds for which a newer listing is waited for while there is a usable one."""
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)


def seed(google: Control, number: int = 1) -> None:
    """Adds events, each an hour after the one before."""
    for hour in range(number):
        start = SOON + timedelta(hours=len(google.events()) + hour)
        google.seed(event_at(start, start + timedelta(minutes=30)))


def together(served: Served, queries: list[str]) -> list[Answer]:
    with ThreadPoolExecutor(len(queries)) as pool:
        return list(pool.map(served.get, queries))


def reads(google: Control) -> int:
    return google.counts().get("list", 0)


def fail(google: Control, **details: Any) -> None:
    """Lets every read of the calendar fail, without being tried again."""
    google.fault("list", "status", times=-1, retry_after=PAST_BUDGET, **details)


def outlive_cache(answer: Answer, seconds: int = 1) -> None:
    """Waits until what was answered is a little older than a cache of `seconds` allows."""
    time.sleep(seconds + 0.1 - min(int(answer.headers["Age"]), seconds))


def timed_get(served: Served) -> tuple[Answer, float]:
    before = time.monotonic()
    answer = served.get()
    return answer, time.monotonic() - before


def test_a_burst_on_a_cold_instance_costs_one_read(serve: Serve, google: Control) -> None:
    seed(google, 2)
    google.latency(0.3, "list")
    served = serve("list_events")
    later = (SOON + timedelta(minutes=45)).strftime("%Y-%m-%dT%H:%M:%SZ")
    answers = together(served, ["", f"?timeMin={later}"] * 32)
    assert {answer.status for answer in answers} == {200}
    assert [len(answer.json) for answer in answers] == [2, 1] * 32
    assert len({answer.headers["ETag"] for answer in answers}) == 2
    assert google.counts() == {"secret": 1, "token": 1, "list": 1}


def test_a_failed_read_is_shared_and_not_repeated_at_once(serve: Serve, google: Control) -> None:
    google.latency(0.3, "list")
    fail(google)
    served = serve("list_events")
    before = time.monotonic()
    for answer in together(served, [""] * 16):
        assert_list_error(answer, 503, "calendar_unavailable")
    assert reads(google) == 1

    google.clear_faults()
    google.latency(0, "list")
    assert wait_until(lambda: served.get().status == 200, 9)
    assert time.monotonic() - before > 5
    assert reads(google) == 2


def test_without_a_cache_each_request_reads_and_concurrent_ones_share(
    serve: Serve, google: Control
) -> None:
    served = serve("list_events", EVENTS_CACHE_SECONDS=0, THREADS=32)
    for number in range(3):
        assert len(served.get().json) == number
        seed(google)
    assert reads(google) == 3
    google.latency(1, "list")
    assert [len(answer.json) for answer in together(served, [""] * 32)] == [3] * 32
    assert reads(google) <= 5


def test_while_one_renews_the_others_get_the_previous_snapshot_at_once(
    serve: Serve, google: Control
) -> None:
    seed(google)
    served = serve("list_events", EVENTS_CACHE_SECONDS=1)
    outlive_cache(served.get())
    seed(google)
    google.latency(PATIENCE + 1, "list")
    with ThreadPoolExecutor(1) as pool:
        renewing: Future[Answer] = pool.submit(served.get)
        assert wait_until(lambda: reads(google) == 2, PATIENCE)
        for _ in range(3):
            answer, seconds = timed_get(served)
            assert len(answer.json) == 1
            assert seconds < PATIENCE / 2
            assert int(answer.headers["Age"]) >= 1
        assert not renewing.done()
        assert reads(google) == 2
        assert len(renewing.result().json) == 1
    assert wait_until(lambda: len(served.get().json) == 2, 5)


def test_when_a_renewal_fails_the_previous_snapshot_is_served_while_young(
    serve: Serve, google: Control
) -> None:
    seed(google)
    served = serve("list_events", EVENTS_CACHE_SECONDS=2, EVENTS_STALE_SECONDS=6)
    before = time.monotonic()
    first = served.get()
    outlive_cache(first, 2)
    fail(google)
    served.forget_log()
    for _ in range(3):
        stale = served.get()
        assert (stale.status, stale.json) == (200, first.json)
        assert stale.headers["ETag"] == first.headers["ETag"]
        assert int(stale.headers["Age"]) >= 2
    assert reads(google) == 2
    failure = served.lines()[0]
    assert "calendar_unavailable" in str(failure)
    assert failure["severity"] in ("WARNING", "ERROR"), "a failed renewal passes for a success"

    assert wait_until(lambda: served.get().status != 200, 9)
    assert time.monotonic() - before > 6
    assert_list_error(served.get(), 503, "calendar_unavailable")
    assert reads(google) >= 3

    google.clear_faults()
    assert wait_until(lambda: served.get().status == 200, 5)


def test_with_a_usable_snapshot_nobody_waits_long_for_a_newer_one(
    serve: Serve, google: Control
) -> None:
    seed(google)
    served = serve("list_events", EVENTS_CACHE_SECONDS=1)
    each_time = serve("list_events", EVENTS_CACHE_SECONDS=0, THREADS=8)
    first = served.get()
    assert each_time.get().json == first.json
    outlive_cache(first)
    google.fault("list", "silence", times=-1)

    answer, seconds = timed_get(served)
    assert (answer.status, answer.json) == (200, first.json)
    assert seconds < PATIENCE + BUSY_MACHINE_SECONDS
    answer, seconds = timed_get(served)
    assert (answer.status, answer.json) == (200, first.json)
    assert seconds < PATIENCE / 2

    with ThreadPoolExecutor(32) as pool:
        answered = list(pool.map(lambda _: timed_get(each_time), range(32)))
    assert {answer.body for answer, _ in answered} == {first.body}
    assert max(seconds for _, seconds in answered) < PATIENCE + BUSY_MACHINE_SECONDS


def test_a_read_that_takes_long_is_for_those_who_come_next(serve: Serve, google: Control) -> None:
    seed(google)
    served = serve("list_events", EVENTS_CACHE_SECONDS=3)
    outlive_cache(served.get(), 3)
    seed(google)
    google.latency(PATIENCE + 0.5, "list")
    answer, seconds = timed_get(served)
    assert len(answer.json) == 1
    assert PATIENCE - 0.5 < seconds < PATIENCE + BUSY_MACHINE_SECONDS / 2
    assert wait_until(lambda: len(served.get().json) == 2, 3)
    assert reads(google) == 2


def test_a_failure_that_nobody_waited_for_is_told_by_the_next_request(
    serve: Serve, google: Control
) -> None:
    seed(google)
    served = serve("list_events", EVENTS_CACHE_SECONDS=1, LIST_BUDGET_SECONDS=4)
    outlive_cache(served.get())
    google.fault("list", "silence", times=-1)
    served.forget_log()

    def failures() -> int:
        assert served.get().status == 200
        return [line["code"] for line in served.lines()].count("calendar_unavailable")

    assert failures() == 0
    assert wait_until(lambda: failures() == 1, 5)
    assert failures() == 1


def test_a_half_read_calendar_is_never_served(serve: Serve, google: Control) -> None:
    seed(google, 5)
    google.settings(page_size=2)
    google.fault("list", "status", skip=1, times=-1, retry_after=PAST_BUDGET)
    served = serve("list_events", EVENTS_CACHE_SECONDS=0, LIST_BUDGET_SECONDS=3)
    assert_list_error(served.get(), 503, "calendar_unavailable")

    google.clear_faults()
    whole = read_anew(served, google)
    assert len(whole.json) == 5
    seed(google)
    for kind in ("status", "cut"):
        google.fault("list", kind, skip=2, times=-1, retry_after=PAST_BUDGET)
        stale = read_anew(served, google)
        assert (stale.status, stale.json) == (200, whole.json), kind
        google.clear_faults()


def test_pages_that_each_come_just_in_time_are_beyond_the_budget(
    serve: Serve, google: Control
) -> None:
    seed(google, 5)
    served = serve("list_events", LIST_BUDGET_SECONDS=2, EVENTS_CACHE_SECONDS=0)
    before = served.get()
    seed(google)
    google.settings(page_size=1)
    google.latency(0.6, "list")
    slow, seconds = timed_get(served)
    assert (slow.status, slow.json) == (200, before.json)
    assert seconds < 2 + BUSY_MACHINE_SECONDS
