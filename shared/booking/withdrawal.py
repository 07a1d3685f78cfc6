"""Deletes the events that a cancelled class may have left in the Calendar."""

from collections.abc import Iterable

from shared.booking.claim import Claim
from shared.booking.claimed_calendar import ClaimedCalendar
from shared.calendar import event as events
from shared.calendar.answers import EtagMismatch, EventGone, Unanswered
from shared.calendar.event import Event
from shared.deadline import Backoff, Deadline


def withdraw(
    event_ids: Iterable[str | None], calendar: ClaimedCalendar, claim: Claim, deadline: Deadline
) -> None:
    """Deletes those of the events that are live and belong to the claimed class.

    Raises ServiceErrors, ClaimLost, ClassChanged.
    """
    for event_id in dict.fromkeys(event_ids):
        if event_id:
            _delete(event_id, calendar, claim, Backoff(deadline))


def _delete(event_id: str, calendar: ClaimedCalendar, claim: Claim, backoff: Backoff) -> None:
    while True:
        event = calendar.get(event_id)
        if event is None and event_id in claim.doubts:
            backoff.wait_or_raise(Unanswered("delete: the event may still appear"))
        elif event is None or not events.is_live(event) or _is_foreign(event, claim):
            return None
        else:
            try:
                return calendar.delete(event)
            except (EtagMismatch, EventGone):
                continue
            except Unanswered as failure:
                backoff.wait_or_raise(failure)


def _is_foreign(event: Event, claim: Claim) -> bool:
    """Whether it belongs to another class, or to none but holds this class's id."""
    owner = events.owner_class_id(event)
    is_derived = event.get("id") == claim.document.derived_event_id
    return owner != claim.document.id and (owner is not None or is_derived)
