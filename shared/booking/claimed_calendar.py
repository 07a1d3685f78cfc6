"""The Calendar as the holder of a claim may use it."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from shared.booking.claim import Claim
from shared.calendar import event as events
from shared.calendar.answers import EtagMismatch, EventGone, IdTaken, OtherEvent, Unanswered
from shared.calendar.client import GoogleCalendar
from shared.calendar.event import Event
from shared.deadline import Deadline
from shared.errors import ServiceError

T = TypeVar("T")


class ClaimedCalendar:
    """Confirms the claim before every write, and tracks on it which writes are in doubt.

    Writes raise ClaimLost and ClassChanged in addition to what `GoogleCalendar` raises.
    """

    def __init__(self, calendar: GoogleCalendar, claim: Claim, deadline: Deadline) -> None:
        self._calendar = calendar
        self._claim = claim
        self._deadline = deadline

    def get(self, event_id: str) -> Event | None:
        event = self._calendar.get(event_id, self._deadline)
        self._claim.doubts.saw(event_id, event)
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
        self._claim.confirm(self._deadline)
        try:
            answer = send(self._deadline.for_call())
        except IdTaken:
            self._claim.doubts.note(event_id, None)  # until that event is seen
            raise
        except Unanswered as failure:
            if failure.may_have_effect:
                self._claim.doubts.note(event_id, etag)
            raise
        except OtherEvent:
            if etag is not None:  # some event was patched, perhaps the right one
                self._claim.doubts.note(event_id, etag)
            raise
        except (EtagMismatch, EventGone):
            self._claim.doubts.settle(event_id)
            raise
        self._claim.doubts.settle(event_id)
        return answer
