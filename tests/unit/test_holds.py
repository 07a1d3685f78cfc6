"""Which classes take their hours before their event does, and what is one with what."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.classes.document import ClassDocument, event_id
from shared.listing.slots import Slot, busy_classes, busy_events, slots_of
from tests.support.google_api import event_at

ZONE = ZoneInfo("America/Argentina/Buenos_Aires")
NOW, UNTIL = datetime(2030, 1, 1, tzinfo=UTC), datetime(2032, 1, 1, tzinfo=UTC)
START, END = datetime(2031, 3, 14, 20, tzinfo=UTC), datetime(2031, 3, 14, 21, 30, tzinfo=UTC)
NAME = "projects/p/databases/d/documents/VirtualClass/c"


def held(**fields: Any) -> list[Slot]:
    """What a class takes, with these fields of its document changed."""
    data = {"startTime": START, "endTime": END, "classType": "individual", **fields}
    document = ClassDocument("c", NAME, data, version=None, read_time=NOW)
    return list(busy_classes([document], ZONE))


def event(start: datetime = START, end: datetime = END, **fields: Any) -> dict[str, Any]:
    return event_at(start, end, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"startTime": "2031-03-14T17:00:00-03:00", "endTime": "2031-03-14T18:30:00-03:00"},
        {"classType": "banana"},
        {"status": "Scheduled "},
        {"status": "banana"},
        {"calendarGeneration": "banana"},
    ],
)
def test_a_class_takes_its_hours_as_tentative(fields: dict[str, Any]) -> None:
    [slot] = held(**fields)
    assert (slot.start, slot.end) == (START, END)
    assert slot.json == (
        '{"start": {"dateTime": "2031-03-14T17:00:00-03:00"},'
        ' "end": {"dateTime": "2031-03-14T18:30:00-03:00"}, "status": "tentative"}'
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "cancelled"},
        {"status": " CANCELLED"},
        {"status": "completed"},
        {"startTime": None},
        {"startTime": "tomorrow"},
        {"endTime": 1e300},
        {"endTime": START},
        {"startTime": END, "endTime": START},
    ],
)
def test_a_class_that_is_off_or_whose_hours_cannot_be_read_takes_none(
    fields: dict[str, Any],
) -> None:
    assert held(**fields) == []


OTHER_HOURS = {"start": START.replace(day=13), "end": END.replace(day=13)}


@pytest.mark.parametrize(
    ("fields", "event_fields", "slots"),
    [
        ({"googleEventId": "recorded"}, {"id": "recorded"}, 1),
        ({}, {"id": event_id(NAME, 0)}, 1),
        ({"googleEventId": "old", "calendarGeneration": 2}, {"id": event_id(NAME, 2)}, 1),
        ({}, {"id": "of another class"}, 2),
        ({}, {}, 2),
        ({"googleEventId": "recorded"}, {"id": "recorded", **OTHER_HOURS}, 2),
    ],
)
def test_a_class_and_its_event_are_one_at_the_same_hours(
    fields: dict[str, Any], event_fields: dict[str, Any], slots: int
) -> None:
    in_calendar = busy_events([event(**event_fields)], ZONE, NOW)
    found = slots_of([*in_calendar, *held(**fields)], NOW, UNTIL)
    assert len(found) == slots
    assert '"confirmed"' in found[0].json


def test_a_class_that_is_found_twice_is_one() -> None:
    assert len(slots_of(held() + held(), NOW, UNTIL)) == 1


@pytest.mark.parametrize(
    ("first", "second", "slots"),
    [
        ({"iCalUID": "a"}, {"iCalUID": "a"}, 1),
        ({"id": "1", "iCalUID": "a"}, {"id": "2", "iCalUID": "a"}, 1),
        ({"id": "1", "iCalUID": "a"}, {"id": "1"}, 1),
        ({"id": "1", "iCalUID": "a"}, {"id": "2", "iCalUID": "b"}, 2),
        ({"iCalUID": "series"}, {"iCalUID": "series", **OTHER_HOURS}, 2),  # two of its instances
        ({}, {}, 2),
        ({"id": ["odd"], "iCalUID": {}}, {"id": ["odd"], "iCalUID": {}}, 2),
    ],
)
def test_an_event_and_its_copy_in_another_calendar_are_one(
    first: dict[str, Any], second: dict[str, Any], slots: int
) -> None:
    events = [event(**first), event(**second)]
    assert len(slots_of(busy_events(events, ZONE, NOW), NOW, UNTIL)) == slots
