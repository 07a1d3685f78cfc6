"""The Calendar as the holder of a claim may use it."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from shared.booking.claim import Claim
from shared.calendar import event as events
from shared.calendar.answers import EtagMismatch, EventGone, IdTaken, OtherEvent, Unanswered
from shared.calendar.client import GoogleCalendar
from shared.calendar.event import Event
from shared.deadline import Backoff, Deadline
from shared.errors import ServiceError

T = TypeVar("T")


class ClaimedCalendar:
    """Confirms the claim before every write, and keeps the claim's `doubts`.

    Writes raise ClaimLost and ClassChanged in addition to what `GoogleCalendar` raises.
    """

    def __init__(self, calendar: GoogleCalendar, claim: Claim) -> None:
        self._calendar = calendar
        self._claim = claim
        self._doubts = claim.doubts
        self._deadline = claim.budget.work

    def get(self, event_id: str) -> Event | None:
        """The event, if there is one; awaited if an insert may have made it. Settles the doubts
        about it except those with its present etag: Google would now refuse the others."""
        backoff = Backoff(self._deadline)
        while (event := self._calendar.get(event_id, self._deadline)) is None:
            if None not in self._doubts.get(event_id, ()):
                break
            backoff.wait_or_raise(Unanswered("insert: the event may still appear"))
        left = self._doubts.pop(event_id, set()) & {event["etag"] if event else None}
        if left:
            self._doubts[event_id] = left
        return event

    def insert(self, event: Event) -> Event:
        try:
            return self._write(
                event["id"], None, lambda deadline: self._calendar.insert(event, deadline)
            )
        except OtherEvent as error:
            self._delete_stray(error.event)
            raise

    def patch(self, event: Event, changes: Event, *, notify: bool) -> Event:
        return self._write(
            event["id"],
            event["etag"],
            lambda deadline: self._calendar.patch(event, changes, notify, deadline),
        )

    def delete(self, event: Event) -> None:
        self._write(
            event["id"], event["etag"], lambda deadline: self._calendar.delete(event, deadline)
        )

    def _delete_stray(self, event: Event) -> None:
        """Tries to delete an event made under another id than the one sent."""
        if events.owner_class_id(event) == self._claim.document.id:
            with suppress(ServiceError, EtagMismatch, EventGone):
                self._calendar.delete(event, self._deadline.for_call())

    def _write(self, event_id: str, etag: str | None, send: Callable[[Deadline], T]) -> T:
        self._calendar.authorise(self._deadline)
        if self._deadline.left() <= 0:  # report the Calendar's failure, not the store's
            raise Unanswered("no time was left for the Calendar")
        self._claim.confirm()
        try:
            answer = send(self._deadline.for_call())
        except (IdTaken, OtherEvent, Unanswered) as failure:
            if _is_in_doubt(failure, etag):
                self._doubts.setdefault(event_id, set()).add(etag)
            raise
        except (EtagMismatch, EventGone):
            self._doubts.pop(event_id, None)
            raise
        self._doubts.pop(event_id, None)
        return answer


def _is_in_doubt(failure: Exception, etag: str | None) -> bool:
    match failure:
        case Unanswered():
            return failure.may_have_effect
        case OtherEvent():  # perhaps the right one was patched, too
            return etag is not None
        case _:  # the id is taken, until its event is seen
            return True
