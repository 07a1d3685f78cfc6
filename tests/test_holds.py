"""Hours that are taken before their event is in the calendar, or in another calendar."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from infra.local.google import defaults
from infra.local.google.control import Control
from infra.local.processes import wait_until
from tests.conftest import Serve
from tests.support.classes import Classes
from tests.support.error_answers import (
    PAST_BUDGET,
    assert_create_error,
    assert_list_error,
    within,
)
from tests.support.google_api import event_at
from tests.support.listing import read_anew
from tests.support.raw_server import raw_server, relay
from tests.support.served import Served

TEACHER = "teacher@example.com"
START = (datetime.now(UTC) + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
END = START + timedelta(minutes=90)

Slot = tuple[datetime, datetime, str]
HELD: Slot = (START, END, "tentative")
BOOKED: Slot = (START, END, "confirmed")


@pytest.fixture(scope="module")
def _listing_holds(serve_for_session: Serve) -> Served:
    return serve_for_session(
        "list_events", EVENTS_CACHE_SECONDS=0, HOLD_MAX_MINUTES=30, BUSY_CALENDAR_IDS=TEACHER
    )


@pytest.fixture
def listing_holds(_listing_holds: Served, google: Control, classes: Classes) -> Served:
    """`list_events` that reads classes and two calendars anew for each request."""
    classes.clear()
    google.put_calendar(TEACHER, roles={defaults.ACCOUNT: "reader"})
    read_anew(_listing_holds, google)  # whatever failed in the test before
    google.clear_requests()
    _listing_holds.forget_log()
    return _listing_holds


def slots(served: Served) -> list[Slot]:
    answer = served.get()
    assert answer.status == 200, answer.body
    return [(_moment(each["start"]), _moment(each["end"]), each["status"]) for each in answer.json]


def _moment(when: dict[str, str]) -> datetime:
    return datetime.fromisoformat(when["dateTime"]).astimezone(UTC)


def tells_of(served: Served, code: str) -> bool:
    """Asks once more, and whether a failure with that code has been logged by now."""
    served.get()
    return code in served.text()


def soon(**how_long: float) -> datetime:
    return datetime.now(UTC) + timedelta(**how_long)


def event(start: datetime = START, end: datetime = END, **fields: Any) -> dict[str, Any]:
    return event_at(start, end, **fields)


def test_a_hold_is_seen_within_the_caches_time_and_runs_out(serve: Serve, classes: Classes) -> None:
    served = serve("list_events", EVENTS_CACHE_SECONDS=1, HOLD_MAX_MINUTES=30)
    assert slots(served) == []
    runs_out = soon(seconds=6)
    classes.add("held", startTime=START, endTime=END, heldUntil=runs_out)
    assert wait_until(lambda: slots(served) == [HELD], 5)
    assert datetime.now(UTC) < runs_out
    assert wait_until(lambda: slots(served) == [], 15)
    assert datetime.now(UTC) >= runs_out


HELD_UNTIL: list[tuple[Any, bool]] = [
    (soon(minutes=30), True),
    (soon(minutes=30, seconds=50), True),  # by a clock that is slow
    (soon(minutes=45), False),
    (soon(seconds=-1), False),
    (soon(minutes=10).isoformat(), False),
]
HOLDS_NOTHING = [{"status": "cancelled"}, {"status": " Completed"}, {"startTime": "tomorrow"}]


def test_what_holds_an_hour(listing_holds: Served, classes: Classes) -> None:
    """All other fields are in unit/test_holds.py, as tables."""
    for held_until, takes_hours in HELD_UNTIL:
        classes.add("held", startTime=START, endTime=END, heldUntil=held_until)
        assert slots(listing_holds) == [HELD] * takes_hours, held_until
    for fields in HOLDS_NOTHING:
        held = {"startTime": START, "endTime": END, "heldUntil": soon(minutes=10), **fields}
        classes.add("held", **held)
        assert slots(listing_holds) == [], fields


def test_without_holds_firestore_is_not_even_imported(serve: Serve, classes: Classes) -> None:
    classes.add("held", startTime=START, endTime=END, heldUntil=soon(minutes=10))
    for minutes, listed in (0, []), (30, [HELD]):
        settings = {"HOLD_MAX_MINUTES": minutes, "PYTHONPROFILEIMPORTTIME": 1}
        served = serve("list_events", **settings)
        assert slots(served) == listed
        assert ("google.cloud.firestore" in served.text()) == bool(listed)


# Classes asked for and not in line yet


def test_a_paid_class_keeps_its_hours_while_google_is_down(
    listing_holds: Served, create_event: Served, classes: Classes, google: Control
) -> None:
    classes.add("paid", startTime=START, endTime=END, preferenceId="paid")
    for operation in ("insert", "patch"):
        google.fault(operation, "status", times=-1, status=503, retry_after=PAST_BUDGET)
    assert_create_error(create_event.book("paid"), 503, "calendar_unavailable")
    assert slots(listing_holds) == [HELD]


def test_a_class_that_was_moved_while_google_is_down_takes_both_hours(
    listing_holds: Served, create_event: Served, classes: Classes, google: Control
) -> None:
    classes.add("moved", startTime=START, endTime=END, preferenceId="moved", heldUntil=soon(days=0))
    assert create_event.book("moved").status == 200
    assert slots(listing_holds) == [BOOKED]
    later = {"startTime": START + timedelta(days=2), "endTime": END + timedelta(days=2)}
    classes.change("moved", **later)
    google.fault("patch", "status", times=-1, status=403, reason="forbidden")
    assert create_event.book("moved").status == 502
    assert slots(listing_holds) == [BOOKED, (*later.values(), "tentative")]
    google.clear_faults()
    assert create_event.book("moved").status == 200
    assert slots(listing_holds) == [(*later.values(), "confirmed")]


def test_a_class_that_cannot_be_booked_keeps_its_hours(
    listing_holds: Served, create_event: Served, classes: Classes
) -> None:
    odd = {"startTime": START, "endTime": END, "classType": "banana", "preferenceId": "odd"}
    classes.add("odd", **odd)
    assert_create_error(create_event.book("odd"), 422, "invalid_virtual_class")
    assert slots(listing_holds) == [HELD]
    classes.change("odd", status="cancelled")
    assert slots(listing_holds) == []


def test_a_class_that_is_being_booked_takes_its_hours(
    listing_holds: Served, create_event: Served, classes: Classes, google: Control
) -> None:
    classes.add("claimed", startTime=START, endTime=END, preferenceId="claimed")
    google.latency(3, "insert")
    with ThreadPoolExecutor(1) as pool:
        booking = pool.submit(create_event.book, "claimed")
        assert wait_until(lambda: google.counts().get("insert") == 1, 5)
        assert google.events() == []
        assert slots(listing_holds) == [HELD]
        assert booking.result().status == 200
    assert slots(listing_holds) == [BOOKED]


def is_read(google: Control, calendar_id: str) -> bool:
    reads = [each for each in google.requests("list") if quote(calendar_id) in each["path"]]
    return any(each["finished_at"] for each in reads)


def test_a_booking_between_the_two_reads_of_a_renewal_is_seen(
    serve: Serve, create_event: Served, classes: Classes, google: Control
) -> None:
    """Our calendar is read before the booking, the teacher's while it lasts: were the classes read
    last, this one would be in line by then, and its event in nothing that was read."""
    classes.add("paid", startTime=START, endTime=END, preferenceId="paid")
    google.fault("insert", "status", status=403, reason="forbidden")
    assert create_event.book("paid").status == 502
    google.put_calendar(TEACHER, roles={defaults.ACCOUNT: "reader"})
    served = serve(
        "list_events", EVENTS_CACHE_SECONDS=0, HOLD_MAX_MINUTES=30, BUSY_CALENDAR_IDS=TEACHER
    )
    google.fault("list", "delay", match=quote(TEACHER), seconds=4)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(slots, served)
        assert wait_until(lambda: is_read(google, defaults.CALENDAR_ID), 3)
        assert create_event.book("paid").status == 200
        assert not reading.done()
        assert reading.result() == [HELD]
    assert slots(served) == [BOOKED]


def test_more_classes_than_can_be_read_are_never_cut_off(serve: Serve, classes: Classes) -> None:
    served = serve("list_events", EVENTS_CACHE_SECONDS=1, HOLD_MAX_MINUTES=30)
    times = {"startTime": START, "endTime": END, "heldUntil": soon(minutes=10)}
    classes.add_many({f"held-{number}": times for number in range(500)})
    assert slots(served) == [HELD] * 500
    classes.add("one-too-many", **times)
    assert wait_until(lambda: tells_of(served, "store_unavailable"), 5)
    failure = next(line for line in served.lines() if "store_unavailable" in str(line))
    assert failure["severity"] == "ERROR"
    assert len(slots(served)) == 500  # the previous ones, while they are young enough


# Several calendars


def test_every_calendar_counts_and_a_copy_is_one_with_its_event(
    listing_holds: Served, google: Control
) -> None:
    hour = timedelta(hours=2)
    google.seed(event(iCalUID="shared"), event(START + 4 * hour, END + 4 * hour))
    google.seed(
        event(iCalUID="shared"),
        event(START + hour, END + hour),
        event(START + 2 * hour, END + 2 * hour, transparency="transparent"),
        event(START + 4 * hour, END + 4 * hour),
        calendar=TEACHER,
    )
    assert [start for start, _, _ in slots(listing_holds)] == [
        START,
        START + hour,
        START + 4 * hour,
        START + 4 * hour,
    ]


def test_calendars_are_read_at_the_same_time(listing_holds: Served, google: Control) -> None:
    google.latency(1, "list")
    slots(listing_holds)
    first, second = google.requests("list")
    assert second["received_at"] < first["finished_at"]


def test_half_of_the_calendars_is_never_listed(serve: Serve, google: Control) -> None:
    google.put_calendar(TEACHER, roles={defaults.ACCOUNT: "reader"})
    served = serve("list_events", EVENTS_CACHE_SECONDS=1, BUSY_CALENDAR_IDS=TEACHER)
    google.seed(event(), calendar=TEACHER)
    google.fault("list", "status", times=-1, match=quote(TEACHER), status=404, reason="notFound")
    assert_list_error(served.get(), 502, "calendar_rejected")
    google.clear_faults()
    assert wait_until(lambda: served.get().status == 200, 5)
    google.fault("list", "status", times=-1, match=quote(TEACHER), retry_after=PAST_BUDGET)
    google.seed(event(START + timedelta(days=1), END + timedelta(days=1)))
    served.forget_log()
    assert wait_until(lambda: tells_of(served, "calendar_unavailable"), 5)
    assert slots(served) == [BOOKED]


# Firestore does not answer


@contextmanager
def refusing() -> Iterator[str]:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{unused.getsockname()[1]}"


@contextmanager
def silent() -> Iterator[str]:
    with raw_server(lambda _: None) as address:
        yield address


@pytest.mark.parametrize("broken", [refusing, silent])
def test_unread_classes_never_look_free(
    serve: Serve, google: Control, broken: Callable[[], Any]
) -> None:
    with broken() as address:
        served = serve(
            "list_events",
            HOLD_MAX_MINUTES=30,
            LIST_BUDGET_SECONDS=2,
            FIRESTORE_EMULATOR_HOST=address,
        )
        with within(2):
            assert_list_error(served.get(), 503, "store_unavailable")
        assert google.counts().get("list") is None


def test_while_firestore_is_silent_the_previous_listing_is_served(
    serve: Serve, classes: Classes, emulator: str
) -> None:
    is_cut = threading.Event()
    with relay(emulator, lambda piece: b"" if is_cut.is_set() else piece) as address:
        served = serve(
            "list_events",
            EVENTS_CACHE_SECONDS=1,
            EVENTS_STALE_SECONDS=8,
            HOLD_MAX_MINUTES=30,
            LIST_BUDGET_SECONDS=2,
            FIRESTORE_EMULATOR_HOST=address,
        )
        classes.add("held", startTime=START, endTime=END, heldUntil=soon(minutes=10))
        assert slots(served) == [HELD]
        is_cut.set()
        served.forget_log()
        assert wait_until(lambda: tells_of(served, "store_unavailable"), 6)
        assert served.get().status == 200
        assert wait_until(lambda: served.get().status == 503, 15)


def test_a_slow_firestore_is_waited_for(serve: Serve, classes: Classes, emulator: str) -> None:
    def slowly(piece: bytes) -> bytes:
        threading.Event().wait(0.2)
        return piece

    with relay(emulator, slowly) as address:
        served = serve("list_events", HOLD_MAX_MINUTES=30, FIRESTORE_EMULATOR_HOST=address)
        classes.add("held", startTime=START, endTime=END, heldUntil=soon(minutes=10))
        assert slots(served) == [HELD]
