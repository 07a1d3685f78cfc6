"""Decides what is wrong with a class. Pure."""

from datetime import timedelta

from infra.commands.reconcile.findings import Finding, Kind
from shared.booking.decision import Settled, decide
from shared.calendar import event as events
from shared.calendar.event import Event
from shared.classes import writes
from shared.classes.document import ClassDocument
from shared.classes.fields import FieldReader
from shared.classes.virtual_class import Status, VirtualClass
from shared.classes.writes import Changes
from shared.errors import ClassNotBookable

MISSED_DAYS = 7
"""How long a class that was paid for but never booked is still reported after its end."""


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
    if _is_to_clear(document):
        return Kind.OVER
    if status is Status.COMPLETED:
        was_refused = document.failure_code == ClassNotBookable.code
        return Kind.MISSED if was_refused and _was_missed(document) else None
    if status is Status.CANCELLED:
        is_to_withdraw = event or not document.is_at_rest
        return Kind.CANCELLED if is_to_withdraw and not _is_over(document) else None
    if _is_over(document):
        return Kind.MISSED if _was_missed(document) else None
    if virtual_class is None:
        return Kind.INVALID
    return _kind_to_come(document, virtual_class, event)


def _was_missed(document: ClassDocument) -> bool:
    """Whether the class was never booked and ended not long ago."""
    return document.event_id is None and not _is_over(document, MISSED_DAYS)


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


def correction(document: ClassDocument, kind: Kind) -> Changes | None:
    """What to write on the class to repair a finding without asking the Calendar, nothing if it has
    been repaired since; None if that is no repair."""
    match kind:
        case Kind.OVER:
            is_so = _is_to_clear(document) and not is_in_progress(document)
            return {**writes.NO_FAILURE, **writes.RELEASED} if is_so else {}
        case Kind.GUESTS_NOT_NOTED:
            virtual_class = document.reading.virtual_class
            is_settled = document.is_at_rest and decide(document) == Settled()
            if not virtual_class or document.invited is not None or not is_settled:
                return {}
            # Before guests were noted, only students were invited.
            return writes.invited(virtual_class.guests[:1] if document.student_invited else ())
    return None


def _is_to_clear(document: ClassDocument) -> bool:
    """Whether nobody needs what the last delivery left on the class."""
    return not document.is_at_rest and _is_over(document, MISSED_DAYS)


def _is_over(document: ClassDocument, days: int = 0) -> bool:
    """Whether it ended at least so many days ago."""
    end = FieldReader(document.data).instant("endTime")
    return end is not None and end <= document.read_time - timedelta(days)
