"""What is to be done for a class: a row of the decision table each."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.booking.decision import Book, Decision, Refuse, Settled, Withdraw, decide
from shared.classes.document import ClassDocument
from tests.unit.samples import NAME, NOW, class_document, document, virtual_class

OVER = datetime(2031, 3, 14, 21, 30, tzinfo=UTC)
"""The moment at which the class ends."""

Fields = dict[str, Any]

BOOKED: Fields = {
    "googleEventId": "event-1",
    "meetLink": "https://meet.example/abc",
    "calendarFingerprint": virtual_class().fingerprint,
    "status": "scheduled",
}
CLAIM: Fields = {"calendarClaim": {"token": "another's", "expiresAt": NOW}}
FAILURE: Fields = {"calendarError": {"code": "calendar_unavailable"}}
MOVED: Fields = {"startTime": "2031-03-14T16:00:00-03:00"}


def decision(fields: Fields, now: datetime = NOW) -> Decision:
    return decide(class_document(now, **fields))


DECISIONS: list[tuple[Decision, Fields]] = [
    (Book(virtual_class()), {}),
    (Book(virtual_class()), {"status": None}),
    (Book(virtual_class()), {"status": "scheduled"}),
    (Book(virtual_class()), {"googleEventId": 7, "meetLink": "x"}),
    (Book(virtual_class()), BOOKED | {"meetLink": ""}),
    (Book(virtual_class()), BOOKED | {"calendarFingerprint": None}),
    (Book(virtual_class()), BOOKED | {"calendarFingerprint": {"a": 1}}),
    (Book(virtual_class()), BOOKED | CLAIM),
    (Book(virtual_class()), BOOKED | FAILURE),
    (Book(virtual_class(**MOVED)), BOOKED | MOVED),
    (Settled(), BOOKED),
    (Settled(), BOOKED | {"status": None, "unknown": 1}),
    (Settled(), BOOKED | {"status": "completed"}),
    (Settled(), BOOKED | MOVED | {"status": "completed"}),
    (Settled(), BOOKED | {"status": "completed", "classType": "?"}),
    (Settled(), BOOKED | CLAIM | {"status": "completed"}),
    (Settled(), BOOKED | FAILURE | {"status": "completed"}),
    (Book(virtual_class()), BOOKED | CLAIM | {"status": " Scheduled"}),
    (Settled(), BOOKED | MOVED | {"status": "COMPLETED "}),
    (Withdraw(), {"status": "cancelled"}),
    (Withdraw(), BOOKED | {"status": "\tCANCELLED\n"}),
    (Withdraw(), BOOKED | {"status": "cancelled"}),
    (Withdraw(), BOOKED | {"status": "cancelled", "startTime": "?", "classType": None}),
]


@pytest.mark.parametrize(("expected", "fields"), DECISIONS)
def test_what_is_done(expected: Decision, fields: Fields) -> None:
    assert decision(fields) == expected


def test_a_calendar_without_meet_is_booked_without_a_link() -> None:
    data = document(**BOOKED) | {"meetLink": None}
    assert decide(ClassDocument("class-1", NAME, data, 1, NOW)) == Settled()


def test_a_class_that_is_over_is_refused_loudly_unless_it_is_booked() -> None:
    for fields in ({}, {"status": "scheduled"}, BOOKED | {"googleEventId": None}):
        refusal = decision(fields, now=OVER)
        assert isinstance(refusal, Refuse)
        assert (refusal.error.code, refusal.error.severity) == ("class_not_bookable", "ERROR")
    begun = decision({}, now=OVER - timedelta(seconds=1))
    assert begun == Book(virtual_class())
    assert decision(BOOKED, now=OVER) == Settled()
    assert decision(BOOKED | MOVED, now=OVER) == Book(virtual_class(**MOVED))


REFUSED: list[tuple[str, str, Fields]] = [
    ("class_not_bookable", "", {"status": "completed"}),
    ("class_not_bookable", "", {"status": "completed", "googleEventId": "event-1"}),
    ("invalid_virtual_class", "classType", {"classType": "duo"}),
    ("invalid_virtual_class", "classType", BOOKED | {"classType": "duo"}),
    ("invalid_virtual_class", "status", BOOKED | {"status": "paid"}),
    *(
        ("invalid_virtual_class", "calendarGeneration", {"calendarGeneration": bad})
        for bad in ("1", -5, True, 0.5)
    ),
    ("invalid_virtual_class", "calendarGeneration", {"calendarGeneration": "1", "status": "?"}),
]


@pytest.mark.parametrize(("code", "field", "fields"), REFUSED)
def test_what_is_refused(code: str, field: str, fields: Fields) -> None:
    refusal = decision(fields)
    assert isinstance(refusal, Refuse)
    assert refusal.error.code == code
    assert field in " ".join(refusal.error.details)
