"""Which hours an event takes, and how they read in the answer."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import httplib2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import rfc3339
from shared.calendar.answers import read_answer
from shared.errors import CalendarUnavailable
from shared.listing.slots import busy_events, slots_of
from tests.support.odd_json import json_values

Event = dict[str, Any]
Read = tuple[str, str, str]

BUENOS_AIRES = "America/Argentina/Buenos_Aires"
NEW_YORK = "America/New_York"


NOW, UNTIL = datetime(2030, 1, 1, tzinfo=UTC), datetime(2032, 1, 1, tzinfo=UTC)
NOW_TEXT, FOR_EVER = "2029-12-31T21:00:00-03:00", "9999-12-29T21:00:00-03:00"


def listed(*events: Any, zone: str = BUENOS_AIRES) -> list[Read]:
    """Start, end and status of each slot, in order."""
    slots = slots_of(busy_events(events, ZoneInfo(zone), NOW), NOW, UNTIL)
    answers = [json.loads(slot.json) for slot in slots]
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


UNREADABLE: list[tuple[Event, tuple[str, str]]] = [
    ({"start": {}, "end": EVENT["end"]}, (NOW_TEXT, FOR_EVER)),
    ({"start": "text", "end": EVENT["end"]}, (NOW_TEXT, FOR_EVER)),
    ({"start": {"date": "2031-02-30"}, "end": EVENT["end"]}, (NOW_TEXT, FOR_EVER)),
    ({"start": {"dateTime": "2031-03-14T17:00:00"}, "end": EVENT["end"]}, (NOW_TEXT, FOR_EVER)),
    ({"start": {"dateTime": 7}}, (NOW_TEXT, FOR_EVER)),
    ({}, (NOW_TEXT, FOR_EVER)),
    (EVENT | {"end": {}}, (SLOT[0], FOR_EVER)),
    (EVENT | {"end": None}, (SLOT[0], FOR_EVER)),
    (EVENT | {"end": {"date": "10000-01-01"}}, (SLOT[0], FOR_EVER)),
    (EVENT | {"end": {"dateTime": "9999-12-31T23:59:59-23:59"}}, (SLOT[0], FOR_EVER)),
    (EVENT | {"end": {"dateTime": "2031-03-14T19:59:59Z"}}, (SLOT[0], FOR_EVER)),
    (EVENT | {"attendees": ["ana@example.com"]}, SLOT[:2]),
    (EVENT | {"attendees": 7}, SLOT[:2]),
]


@pytest.mark.parametrize(("event", "times"), UNREADABLE)
def test_an_event_that_cannot_be_read_takes_all_that_it_may(
    event: Event, times: tuple[str, str]
) -> None:
    other = timed("2031-05-01T20:00:00Z", "2031-05-01T21:00:00Z")
    [*_, read] = sorted(listed(event, other), key=lambda slot: slot[0] == times[0])
    assert (read, len(listed(event, other))) == ((*times, "confirmed"), 2)


OLD: list[tuple[Event, tuple[str, str]]] = [
    (
        all_day("1900-01-01", "2100-01-01"),
        ("1899-12-31T23:59:48-04:17", "2100-01-01T00:00:00-03:00"),
    ),
    (
        timed("1910-01-01T00:00:00-04:16:48", "2031-01-01T00:00:00Z"),
        ("1909-12-31T23:59:48-04:17", "2030-12-31T21:00:00-03:00"),
    ),
    (all_day("0001-01-01", "9999-12-31"), ("0001-01-01T20:06:00-03:54", FOR_EVER)),
]


@pytest.mark.parametrize(("event", "times"), OLD)
def test_offsets_are_in_whole_minutes_whatever_years_an_event_spans(
    event: Event, times: tuple[str, str]
) -> None:
    assert listed(event) == [(*times, "confirmed")]


@given(st.datetimes(), st.datetimes(), st.sampled_from(sorted(available_timezones())))
def test_any_times_read_as_rfc_3339_in_any_zone(start: datetime, end: datetime, zone: str) -> None:
    event = timed(f"{start.isoformat()}+00:00", f"{end.isoformat()}+00:00")
    for *times, _ in listed(event, zone=zone):
        assert all(
            re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", text) for text in times
        )
        assert all(rfc3339.parse(text) for text in times)


def test_what_is_over_or_beyond_the_window_is_not_listed() -> None:
    """Google is asked about two days more at both ends."""
    over = timed("2029-12-31T20:00:00Z", "2030-01-01T00:00:00Z")
    beyond = timed("2032-01-01T00:00:00Z", "2032-01-01T01:00:00Z")
    assert listed(over, beyond) == []
    running, last = over | {"end": EVENT["end"]}, beyond | {"start": EVENT["start"]}
    assert len(listed(running, last)) == 2
    # In the calendar's own zone this day is over already.
    assert len(listed(all_day("2029-12-31", "2030-01-01"))) == 1


def page_of(content: str) -> list[Read]:
    """What is listed of a page as Google sent it."""
    page = read_answer("list", httplib2.Response({"status": "200"}), content.encode())
    return listed(*page["items"])


@pytest.mark.parametrize("content", ["null", "[]", '{"items": 1}', '{"items": [null]}', '{"items"'])
def test_what_is_no_page_is_not_taken_for_a_free_week(content: str) -> None:
    with pytest.raises(CalendarUnavailable):
        page_of(content)


moments = st.fixed_dictionaries(
    {},
    optional={
        "dateTime": st.sampled_from(["2031-03-14T17:00:00-03:00", "9999-12-31T23:59:59-23:59"])
        | json_values,
        "date": st.sampled_from(["2031-03-14", "9999-12-31", "0001-01-01", "2031-02-30"])
        | json_values,
    },
)
events = st.just(EVENT) | st.fixed_dictionaries(
    {},
    optional={
        "start": moments | json_values,
        "end": moments | json_values,
        "status": st.sampled_from(["confirmed", "tentative", "cancelled"]) | json_values,
        "transparency": st.sampled_from(["opaque", "transparent"]) | json_values,
        "eventType": st.sampled_from(["default", "birthday", "outOfOffice"]) | json_values,
        "attendees": st.lists(st.fixed_dictionaries({"self": json_values})) | json_values,
    },
)
pages = st.fixed_dictionaries({}, optional={"items": st.lists(events, max_size=4) | json_values})


@settings(derandomize=True, database=None, deadline=None, max_examples=200)
@given(page=pages | json_values)
def test_any_page_is_listed_in_full_or_not_at_all(page: Any) -> None:
    try:
        slots = page_of(json.dumps(page))
    except CalendarUnavailable:
        return
    assert slots.count(SLOT) >= page.get("items", []).count(EVENT)
