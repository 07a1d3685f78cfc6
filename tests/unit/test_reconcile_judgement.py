"""What reconcile.py says of a class once it is over, and what it writes on it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.commands.reconcile.findings import Kind
from infra.commands.reconcile.judgement import correction, of_class
from shared.calendar.event import Event
from shared.classes.document import ClassDocument
from shared.classes.writes import Mark
from tests.unit.samples import class_document

END = datetime(2031, 3, 14, 21, 30, tzinfo=UTC)
WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)
ERROR: dict[str, Any] = {"calendarError": {"code": "calendar_unavailable", "since": END, "at": END}}
REFUSED: dict[str, Any] = {"calendarError": {"code": "class_not_bookable", "since": END, "at": END}}
CLAIM: dict[str, Any] = {"calendarClaim": {"token": "of a worker that died", "expiresAt": END}}
BOOKED = {"googleEventId": "recorded", "meetLink": "https://meet.google.com/abc"}
LIVE: Event = {"id": "recorded", "etag": "1"}


def kind(now: datetime, event: Event | None = None, **fields: Any) -> Kind | None:
    finding = of_class(class_document(now, **fields), event)
    return finding.kind if finding else None


@pytest.mark.parametrize(
    ("over_for", "fields", "expected"),
    [
        (-SECOND, {**ERROR, "status": "cancelled"}, Kind.CANCELLED),
        (-SECOND, {"status": "Completed"}, None),
        (-SECOND, {**REFUSED, "status": "Completed"}, Kind.MISSED),
        (WEEK - SECOND, ERROR, Kind.MISSED),
        (WEEK - SECOND, CLAIM, Kind.MISSED),
        (WEEK - SECOND, {**ERROR, **BOOKED}, None),
        (WEEK - SECOND, {**ERROR, "status": "cancelled"}, None),
        (WEEK - SECOND, {**ERROR, "classType": "party"}, Kind.MISSED),
        (WEEK - SECOND, {**ERROR, "status": "completed"}, None),
        (WEEK - SECOND, {**REFUSED, "status": "completed"}, Kind.MISSED),
        (WEEK, ERROR, Kind.OVER),
        (WEEK, CLAIM, Kind.OVER),
        (WEEK, {**ERROR, **CLAIM, **BOOKED}, Kind.OVER),
        (WEEK, {**ERROR, "status": "cancelled"}, Kind.OVER),
        (WEEK, {**ERROR, "status": "banana"}, Kind.OVER),
        (WEEK, {**ERROR, "classType": "party"}, Kind.OVER),
        (WEEK, {**REFUSED, "status": "completed"}, Kind.OVER),
        (200 * WEEK, ERROR, Kind.OVER),
        (WEEK, {**ERROR, "endTime": "after lunch"}, Kind.INVALID),
        (WEEK, BOOKED, None),
        (WEEK, {**BOOKED, "classType": "party"}, None),
        (WEEK, {}, None),
    ],
)
def test_a_class_that_cannot_be_booked_any_more(
    over_for: timedelta, fields: dict[str, Any], expected: Kind | None
) -> None:
    assert kind(END + over_for, **fields) is expected


def test_a_delivery_at_work_is_left_alone() -> None:
    now = END + WEEK
    claim = {"calendarClaim": {"token": "of a live worker", "expiresAt": now + SECOND}}
    assert kind(now, **ERROR, **claim) is None
    assert correction(class_document(now, **ERROR, **claim), Kind.OVER) == {}


def test_an_event_that_still_stands_changes_nothing() -> None:
    assert kind(END + WEEK, LIVE, **ERROR, **BOOKED) is Kind.OVER
    assert kind(END + WEEK, LIVE, **BOOKED) is None


NOTHING: dict[str, Any] = {}
CLEARED = {"calendarError": Mark.REMOVED, "calendarClaim": Mark.REMOVED}
NOTED = {"invitedEmails": ["ana@example.com"]}


def settled(**fields: Any) -> ClassDocument:
    """Booked and unchanged since, before it was noted who is invited."""
    booked = {**BOOKED, "studentInvited": True, **fields}
    virtual_class = class_document(**booked).reading.virtual_class
    assert virtual_class
    return class_document(**{"calendarFingerprint": virtual_class.fingerprint, **booked})


@pytest.mark.parametrize(
    ("document", "kind", "changes"),
    [
        (class_document(END + WEEK, **ERROR), Kind.OVER, CLEARED),
        (class_document(END + WEEK, **CLAIM), Kind.OVER, CLEARED),
        (class_document(END + WEEK), Kind.OVER, NOTHING),
        (class_document(END, **ERROR), Kind.OVER, NOTHING),  # moved since
        (settled(), Kind.GUESTS_NOT_NOTED, NOTED),
        (settled(studentInvited=False), Kind.GUESTS_NOT_NOTED, {"invitedEmails": []}),
        (settled(invitedEmails=[]), Kind.GUESTS_NOT_NOTED, NOTHING),
        (settled(calendarFingerprint="of before"), Kind.GUESTS_NOT_NOTED, NOTHING),
        (settled(**ERROR), Kind.GUESTS_NOT_NOTED, NOTHING),
        (class_document(END + WEEK, **ERROR), Kind.MISSED, None),
        (class_document(**ERROR), Kind.FAILED, None),
    ],
)
def test_what_is_written_without_asking_the_calendar(
    document: ClassDocument, kind: Kind, changes: dict[str, Any] | None
) -> None:
    assert correction(document, kind) == changes
