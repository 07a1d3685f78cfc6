"""Decides what is wrong with a class or an event. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from infra.commands.reconcile.findings import Finding, Kind
from shared.calendar import event as events
from shared.calendar.event import Event
from shared.classes.document import ClassDocument, event_id
from shared.classes.virtual_class import Status, VirtualClass
from shared.errors import ClassNotBookable

MISSED_DAYS = 7
"""How long a class that was paid for but never booked is still reported after its end."""

_GENERATIONS = 100
"""More than anybody deletes of one class's events."""


def is_in_progress(document: ClassDocument) -> bool:
    """Whether a delivery is working on the class: it is then not reported."""
    return document.claim_seconds_left > 0


def own_event_id(document: ClassDocument) -> str:
    """The id of the event recorded for the class, or else of the one that would be made."""
    return document.event_id or document.derived_event_id


def of_class(document: ClassDocument, event: Event | None) -> Finding | None:
    """What is left to do for a class, if a booking was ever requested; `event` is its own event
    (`own_event_id`), if live."""
    was_asked_for = document.event_id or event or not document.is_at_rest
    if not was_asked_for or is_in_progress(document):
        return None
    kind, virtual_class = _kind(document, event), document.reading.virtual_class
    if kind is None:
        return None
    failure = document.failure_code or ""
    details = {
        Kind.FAILED: failure if failure.isidentifier() else "",
        Kind.INVALID: "; ".join(document.reading.problems),
    }
    return Finding(
        kind=kind,
        class_id=document.id,
        event_id=document.event_id,
        since=document.failing_since or document.claim_expires_at or document.version,
        start=virtual_class.start if virtual_class else None,
        detail=details.get(kind, ""),
    )


def _kind(document: ClassDocument, event: Event | None) -> Kind | None:
    status, virtual_class = document.reading.status, document.reading.virtual_class
    if status is Status.COMPLETED:
        was_refused = document.failure_code == ClassNotBookable.code
        return Kind.MISSED if was_refused and _was_missed(document) else None
    if status is Status.CANCELLED:
        is_to_withdraw = event or not document.is_at_rest
        return Kind.CANCELLED if is_to_withdraw and not _is_over(document) else None
    if virtual_class is None:
        return Kind.INVALID
    if _is_over(document):
        return Kind.MISSED if _was_missed(document) else None
    return _kind_to_come(document, virtual_class, event)


def _was_missed(document: ClassDocument) -> bool:
    """Whether the class was never booked and ended not long ago."""
    virtual_class = document.reading.virtual_class
    if virtual_class is None or document.event_id is not None:
        return False
    return document.read_time - virtual_class.end < timedelta(days=MISSED_DAYS)


def _kind_to_come(
    document: ClassDocument, virtual_class: VirtualClass, event: Event | None
) -> Kind | None:
    is_of_another = event and events.owner_class_id(event) not in (None, virtual_class.id)
    checks = {
        Kind.EVENT_DELETED: event is None and _was_deleted_by_hand(document),
        Kind.COPIED: is_of_another and document.is_at_rest,
        Kind.FAILED: document.failure_code is not None,
        Kind.ABANDONED: not document.is_at_rest,
        Kind.UNRECORDED: document.event_id is None,
        Kind.NO_MEET_LINK: not document.is_booked,
        Kind.CHANGED: document.fingerprint != virtual_class.fingerprint,
        Kind.WRONG_TIME: event and not _is_in_time(event, virtual_class),
        Kind.NOT_INVITED: document.student_invited is False and virtual_class.student_email,
        Kind.GUESTS_NOT_NOTED: document.invited is None,
    }
    return next((kind for kind, is_so in checks.items() if is_so), None)


def _was_deleted_by_hand(document: ClassDocument) -> bool:
    """Whether somebody deleted the recorded event and no delivery is replacing it: that would
    have raised the generation, making the recorded id an old one."""
    is_current = document.event_id == document.derived_event_id or document.is_at_rest
    return document.event_id is not None and is_current


def _is_in_time(event: Event, virtual_class: VirtualClass) -> bool:
    times = events.moment(event, "start"), events.moment(event, "end")
    return times == (virtual_class.start, virtual_class.end)


def kind_of_event(
    event: Event, document: ClassDocument | None, own: Event | None, *, is_derived: bool
) -> Kind | None:
    """What is wrong with a live event that is marked with a class; None if it is the class's own.
    `document` is the class, if it exists, and `own` its own event, if live."""
    if document is None:
        return Kind.CLASS_GONE if is_derived else Kind.FOREIGN
    if is_in_progress(document) or event["id"] == own_event_id(document):
        return None
    if document.reading.status is Status.CANCELLED:
        return Kind.CLASS_CANCELLED
    return Kind.DUPLICATE if own else Kind.OTHER_ID


def is_derived(event: Event, class_name: str) -> bool:
    """Whether the event's id was derived from the class's document: only then is it certain that
    the class was once in this database."""
    generations = range(_GENERATIONS)
    return event["id"] in (event_id(class_name, number) for number in generations)


def overlaps(classes: Iterable[ClassDocument]) -> list[tuple[str, str, datetime]]:
    """The pairs of booked classes that overlap, and when the later one starts."""
    booked = sorted(filter(None, map(_upcoming, classes)), key=lambda each: each.start)
    found = []
    for index, earlier in enumerate(booked):
        for later in booked[index + 1 :]:
            if later.start >= earlier.end:
                break
            found.append((earlier.id, later.id, later.start))
    return found


def _upcoming(document: ClassDocument) -> VirtualClass | None:
    """The class, if it is booked and not over, cancelled or completed."""
    is_off = document.reading.status in (Status.CANCELLED, Status.COMPLETED)
    is_to_come = document.event_id and not is_off and not _is_over(document)
    return document.reading.virtual_class if is_to_come else None


def _is_over(document: ClassDocument) -> bool:
    virtual_class = document.reading.virtual_class
    return virtual_class is not None and virtual_class.end <= document.read_time
