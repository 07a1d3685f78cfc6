"""Which hours an event takes, and how they read in the answer."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.errors import CalendarUnavailable
from shared.listing.slots import slots_of

Event = dict[str, Any]
Read = tuple[str, str, str]

BUENOS_AIRES = "America/Argentina/Buenos_Aires"
NEW_YORK = "America/New_York"


def listed(*events: Any, zone: str = BUENOS_AIRES) -> list[Read]:
    """Start, end and status of each slot, in order."""
    answers = [json.loads(slot.json) for slot in slots_of(events, ZoneInfo(zone))]
    assert all(answer.keys() == {"start", "end", "status"} for answer in answers)
    return [
        (answer["start"]["dateTime"], answer["end"]["dateTime"], answer["status"])
        for answer in answers
    ]


def timed(start: str, end: str, **fields: Any) -> Event:
    return {"start": {"dateTime": start}, "end": {"dateTime": end}, **fields}


def all_day(first: str, after: str) -> Event:
    return {"start": {"date": first}, "end": {"date": after}}


EVENT = timed("2031-03-14T20:00:00Z", "2031-03-14T21:30:00Z")
SLOT = ("2031-03-14T17:00:00-03:00", "2031-03-14T18:30:00-03:00", "confirmed")

OWNER_DECLINED = {"self": True, "responseStatus": "declined"}
GUEST_DECLINED = {"email": "ana@example.com", "responseStatus": "declined"}
FREE: dict[str, Event] = {
    "cancelled": {"status": "cancelled"},
    "shown as free": {"transparency": "transparent"},
    "working location": {"eventType": "workingLocation"},
    "birthday": {"eventType": "birthday"},
    "declined by the owner": {"attendees": [GUEST_DECLINED, OWNER_DECLINED]},
    "declined and tentative": {"status": "tentative", "attendees": [OWNER_DECLINED]},
}
TAKEN: dict[str, Event] = {
    "confirmed": {"status": "confirmed"},
    "opaque": {"transparency": "opaque"},
    "out of office": {"eventType": "outOfOffice"},
    "focus time": {"eventType": "focusTime"},
    "from Gmail": {"eventType": "fromGmail"},
    "private": {"visibility": "private"},
    "accepted": {"attendees": [{"self": True, "responseStatus": "accepted"}]},
    "unanswered": {"attendees": [{"self": True, "responseStatus": "needsAction"}]},
    "declined by all guests": {"attendees": [GUEST_DECLINED] * 30},
}


@pytest.mark.parametrize("fields", FREE.values(), ids=FREE.keys())
def test_what_leaves_its_time_free_is_not_listed(fields: Event) -> None:
    assert listed(EVENT | fields) == []
    assert listed(all_day("2031-03-14", "2031-03-15") | fields) == []


@pytest.mark.parametrize("fields", TAKEN.values(), ids=TAKEN.keys())
def test_what_takes_its_time_is_listed(fields: Event) -> None:
    assert listed(EVENT | fields) == [SLOT]


def test_a_tentative_event_says_so() -> None:
    assert listed(EVENT | {"status": "tentative"}) == [(*SLOT[:2], "tentative")]


READ: list[tuple[str, Event, tuple[str, str]]] = [
    (
        BUENOS_AIRES,
        timed("2031-03-14T23:30:00.999+05:30", "2031-03-16T23:30:00+05:30"),
        ("2031-03-14T15:00:00-03:00", "2031-03-16T15:00:00-03:00"),
    ),
    (
        BUENOS_AIRES,
        all_day("2031-03-14", "2031-03-15"),
        ("2031-03-14T00:00:00-03:00", "2031-03-15T00:00:00-03:00"),
    ),
    (
        BUENOS_AIRES,
        all_day("2030-12-31", "2031-01-03"),
        ("2030-12-31T00:00:00-03:00", "2031-01-03T00:00:00-03:00"),
    ),
    (  # the hour that is skipped in spring, and the one that comes twice in autumn
        NEW_YORK,
        timed("2031-03-09T05:00:00Z", "2031-03-09T13:00:00Z"),
        ("2031-03-09T00:00:00-05:00", "2031-03-09T09:00:00-04:00"),
    ),
    (
        NEW_YORK,
        timed("2031-11-02T05:30:00Z", "2031-11-02T06:30:00Z"),
        ("2031-11-02T01:30:00-04:00", "2031-11-02T01:30:00-05:00"),
    ),
    (
        NEW_YORK,
        all_day("2031-03-09", "2031-03-10"),
        ("2031-03-09T00:00:00-05:00", "2031-03-10T00:00:00-04:00"),
    ),
    (
        NEW_YORK,
        all_day("2031-11-02", "2031-11-03"),
        ("2031-11-02T00:00:00-04:00", "2031-11-03T00:00:00-05:00"),
    ),
]


@pytest.mark.parametrize(("zone", "event", "times"), READ)
def test_times_have_the_offset_their_zone_has_then(
    zone: str, event: Event, times: tuple[str, str]
) -> None:
    assert listed(event, zone=zone) == [(*times, "confirmed")]


def test_slots_are_in_the_order_of_the_times_listed() -> None:
    """Google sorts an all-day event by midnight in the calendar's own zone."""
    day = all_day("2031-03-14", "2031-03-15")
    late = timed("2031-03-13T23:00:00-03:00", "2031-03-13T23:30:00-03:00")
    early = timed("2031-03-14T00:15:00-03:00", "2031-03-14T01:00:00-03:00")
    starts = [start for start, _, _ in listed(early, day, late)]
    assert starts == [
        "2031-03-13T23:00:00-03:00", "2031-03-14T00:00:00-03:00", "2031-03-14T00:15:00-03:00",
    ]  # fmt: skip
    in_new_york = [start for start, _, _ in listed(day, early, zone=NEW_YORK)]
    assert in_new_york == ["2031-03-13T23:15:00-04:00", "2031-03-14T00:00:00-04:00"]


UNREADABLE: list[Any] = [
    None,
    "text",
    {},
    {"start": EVENT["start"]},
    EVENT | {"end": {}},
    EVENT | {"end": None},
    EVENT | {"start": {"dateTime": "2031-03-14T17:00:00"}},
    EVENT | {"start": {"date": "2031-02-30"}},
    EVENT | {"end": {"dateTime": "9999-12-31T23:59:59-23:59"}},
    EVENT | {"attendees": ["ana@example.com"]},
]


@pytest.mark.parametrize("event", UNREADABLE)
def test_an_event_that_cannot_be_read_is_not_taken_for_free_time(event: Any) -> None:
    with pytest.raises(CalendarUnavailable):
        listed(EVENT, event)
