"""Which classes reconcile.py reports as double booked."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from infra.commands.reconcile.double_booking import double_booked
from infra.commands.reconcile.findings import Cure, Kind
from shared.classes.document import ClassDocument, event_id
from shared.listing.slots import busy_classes, busy_events
from tests.support.google_api import event_at

ZONE = ZoneInfo("America/Argentina/Buenos_Aires")
NOW = datetime(2031, 3, 1, tzinfo=UTC)
ROOT = "projects/p/databases/d/documents/VirtualClass"
OWN = event_id(f"{ROOT}/a", 0)
OUTLOOK = "040000008200E00074C5B7101A82E008@example.com"


def at(clock: str) -> datetime:
    hours, minutes = clock.split(":")
    return datetime(2031, 3, 14, int(hours), int(minutes), tzinfo=ZONE)


def a_class(class_id: str, start: str, end: str, **fields: Any) -> ClassDocument:
    data = {"startTime": at(start), "endTime": at(end), **fields}
    return ClassDocument(class_id, f"{ROOT}/{class_id}", data, version=None, read_time=NOW)


def event(own_id: str, start: str, end: str, **fields: Any) -> dict[str, Any]:
    ids = {"id": own_id, "iCalUID": f"{own_id}@google.com"}
    return event_at(at(start), at(end), **ids | fields)


A = a_class("a", "10:00", "11:00")
DAY = {"start": {"date": "2031-03-14"}, "end": {"date": "2031-03-15"}}
DECLINED = [{"self": True, "responseStatus": "declined"}]
Events = list[dict[str, Any]]


def found(classes: list[ClassDocument], ours: Events, *calendars: Events) -> list[tuple[str, ...]]:
    """The class, the rest of what is told of it, and when the two meet."""
    findings = double_booked(
        busy_classes(classes, ZONE),
        busy_events(ours, ZONE, NOW),
        [list(busy_events(each, ZONE, NOW)) for each in calendars],
    )
    assert all(each.kind is Kind.DOUBLE_BOOKED for each in findings)
    return [
        (each.class_id, each.detail, f"{each.start.astimezone(ZONE):%H:%M}")
        for each in findings
        if each.start
    ]


def test_it_is_for_a_human() -> None:
    assert Kind.DOUBLE_BOOKED.cure is Cure.HAND
    assert not Kind.DOUBLE_BOOKED.of_event


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (a_class("b", "10:30", "11:30"), [("a", "class b", "10:30")]),
        (a_class("b", "09:30", "10:30"), [("b", "class a", "10:00")]),
        (a_class("b", "10:15", "10:45"), [("a", "class b", "10:15")]),
        (a_class("b", "10:00", "11:00"), [("a", "class b", "10:00")]),
        (a_class("b", "10:59", "12:00"), [("a", "class b", "10:59")]),
        (a_class("b", "11:00", "12:00"), []),
        (a_class("b", "09:00", "10:00"), []),
        (a_class("b", "10:00", "11:00", status="cancelled"), []),
        (a_class("b", "10:00", "11:00", status="completed"), []),
        (a_class("b", "11:00", "10:00"), []),
        (a_class("b", "10:30", "11:30", classType="party"), [("a", "class b", "10:30")]),
    ],
)
def test_two_classes(other: ClassDocument, expected: list[tuple[str, ...]]) -> None:
    assert found([A, other], []) == expected
    assert len(found([other, A], [])) == len(expected)


def test_three_classes_meet_in_pairs() -> None:
    classes = [A, a_class("b", "10:30", "12:00"), a_class("c", "10:45", "11:45")]
    assert found(classes, []) == [
        ("a", "class b", "10:30"),
        ("a", "class c", "10:45"),
        ("b", "class c", "10:45"),
    ]


IN_2 = [("a", "event x in calendar 2", "10:30")]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (event("x", "10:30", "11:30"), IN_2),
        (event("x", "10:30", "11:30", status="tentative"), IN_2),
        (event("x", "10:30", "11:30", eventType="outOfOffice"), IN_2),
        (event("x", "09:00", "18:00"), [("a", "event x in calendar 2", "10:00")]),
        (event("x", "11:00", "12:00"), []),
        (event("x", "09:00", "10:00"), []),
        (event("x", "10:30", "10:30"), []),  # it takes no time
        (event("x", "10:00", "10:00"), []),
        (event("x", "10:30", "11:30", transparency="transparent"), []),
        (event("x", "10:30", "11:30", attendees=DECLINED), []),
        (event("x", "10:30", "11:30", status="cancelled"), []),
        (event("x", "10:30", "11:30", eventType="workingLocation"), []),
        ({**event("x", "10:30", "11:30"), **DAY}, [("a", "event x in calendar 2", "10:00")]),
        ({**event("x", "10:30", "11:30", transparency="transparent"), **DAY}, []),
        ({**event("x", "10:30", "11:30"), "end": {}}, IN_2),  # unreadable: it takes all from there
        ({**event("x", "10:30", "11:30"), "id": None}, [
            ("a", "event x@google.com in calendar 2", "10:30")]),
        ({**event("x", "10:30", "11:30"), "id": None, "iCalUID": None}, [
            ("a", "event  in calendar 2", "10:30")]),
    ],
)  # fmt: skip
def test_a_class_and_an_event(other: dict[str, Any], expected: list[tuple[str, ...]]) -> None:
    assert found([A], [], [], [other]) == expected


def test_two_events_are_nobodys_business() -> None:
    assert found([], [], [event("x", "10:00", "11:00")], [event("y", "10:00", "11:00")]) == []


def test_an_event_and_its_copy_are_told_once() -> None:
    original = event("x", "10:30", "11:30", iCalUID=OUTLOOK)
    copies = [event("y", "10:30", "11:30", iCalUID=OUTLOOK)]
    assert found([A], [], [original], copies, copies) == [("a", "event x in calendar 1", "10:30")]


def test_two_instances_of_a_series_are_two() -> None:
    instances = [event(f"x_{n}", f"10:{n}0", f"10:{n}5", iCalUID="x@google.com") for n in (1, 3)]
    assert [detail for _, detail, _ in found([A], [], instances)] == [
        "event x_1 in calendar 1",
        "event x_3 in calendar 1",
    ]


MINE = event(OWN, "10:00", "11:00")
MOVED = event(OWN, "10:30", "11:30")
COPY = {"id": "copy", "attendees": [{"self": True, "responseStatus": "accepted"}]}


@pytest.mark.parametrize(
    ("ours", "calendars"),
    [
        ([MINE], [[MINE], [{**MINE, **COPY}]]),
        ([MOVED], [[MOVED], [{**MOVED, **COPY}]]),
        # Made, or moved by a delivery, after ours were read.
        ([], [[MINE], [{**MINE, **COPY}]]),
        ([MINE], [[MOVED]]),
        ([], [[{**MINE, "id": "recorded"}]]),
        # A second event of the class, which is reported as such.
        ([MINE, event("second", "10:00", "11:00")], [[MINE, event("second", "10:00", "11:00")]]),
        # Somebody made a series of it.
        ([MINE], [[{**MINE, "id": f"{OWN}_1"}, event(f"{OWN}_2", "17:00", "18:00")]]),
    ],
)
def test_a_class_does_not_meet_its_own_event(ours: Events, calendars: list[Events]) -> None:
    mine = a_class("a", "10:00", "11:00", googleEventId="recorded")
    assert found([mine], ours, *calendars) == []


def test_an_event_that_was_moved_stands_where_its_class_is() -> None:
    """It is reported as being at another time, and moved back by --apply."""
    classes = [a_class("a", "15:00", "16:00"), a_class("b", "10:30", "11:30")]
    assert found(classes, [MINE], [MINE], [{**MINE, **COPY}]) == []
    assert found([A, classes[1]], [event(OWN, "15:00", "16:00")]) == [("a", "class b", "10:30")]


def test_a_later_instance_of_a_class_made_a_series_takes_its_hours() -> None:
    later = {**event(f"{OWN}_2", "15:00", "16:00"), "iCalUID": MINE["iCalUID"]}
    assert found([A, a_class("b", "15:30", "16:30")], [MINE], [MINE, later]) == [
        ("b", f"event {OWN}_2 in calendar 1", "15:30")
    ]
