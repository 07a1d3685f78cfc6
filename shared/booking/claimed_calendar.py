"""The Calendar as a claim's holder may use it."""

from collections.abc import Callable
from typing import TypeVar

from shared.booking.claim import Claim
from shared.calendar.answers import EtagMismatch, EventGone, IdTaken, Unanswered
from shared.calendar.client import GoogleCalendar
from shared.calendar.event import Event
from shared.deadline import Deadline

T = TypeVar("T")


class ClaimedCalendar:
    """Has the claim confirmed before every write, and tells it which writes are in doubt.

    Besides what `GoogleCalendar` raises, writes raise ClaimLost and ClassChanged.
    """

    def __init__(self, calendar: GoogleCalendar, claim: Claim, deadline: Deadline) -> None:
        self._calendar = calendar
        self._claim = claim
        self._deadline = deadline

    def get(self, event_id: str) -> Event | None:
        event = self._calendar.get(event_id, self._deadline)
        self._claim.saw(event_id, event)
        return event

    def insert(self, event: Event) -> Event:
        return self._write(
            event["id"], None, lambda deadline: self._calendar.insert(event, deadline)
        )

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

    def _write(self, event_id: str, etag: str | None, send: Callable[[Deadline], T]) -> T:
        if self._deadline.left() <= 0:  # the Calendar's failure, not the store's
            raise Unanswered("no time was left for the Calendar")
        self._calendar.authorise(self._deadline)
        self._claim.confirm(self._deadline)
        try:
            answer = send(self._deadline.for_call())
        except IdTaken:
            self._claim.doubt(event_id, None)  # until the event with that id is seen
            raise
        except Unanswered as failure:
            if failure.may_have_effect:
                self._claim.doubt(event_id, etag)
            raise
        except (EtagMismatch, EventGone):
            self._claim.settle(event_id)
            raise
        self._claim.settle(event_id)
        return answer
