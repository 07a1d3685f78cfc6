"""The Calendar as the holder of a claim may use it."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from shared.booking.claim import Claim
from shared.calendar import event as events
from shared.calendar.answers import EtagMismatch, EventGone, IdTaken, OtherEvent, Unanswered
from shared.calendar.client import GoogleCalendar
from shared.calendar.event import Event
from shared.deadline import Backoff
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
        about it except for its present etag: Google would now refuse the other writes."""
        backoff = Backoff(self._deadline)
        while (event := self._calendar.get(event_id, self._deadline)) is None:
            if self._doubts.get(event_id, "") is not None:
                break
            backoff.wait_or_raise(Unanswered("insert: the event may still appear"))
        if event is None or event["etag"] != self._doubts.get(event_id):
            self._doubts.pop(event_id, None)
        return event

    def insert(self, event: Event) -> Event:
        try:
            return self._write(event["id"], None, self._calendar.insert, event)
        except OtherEvent as error:
            if events.owner_class_id(error.event) == self._claim.document.id:
                with suppress(ServiceError, EtagMismatch, EventGone):
                    self._calendar.delete(error.event, self._deadline.for_call())
            raise

    def patch(self, event: Event, changes: Event, notify: bool) -> Event:
        patch = self._calendar.patch
        return self._write(event["id"], event["etag"], patch, event, changes, notify)

    def delete(self, event: Event) -> None:
        self._write(event["id"], event["etag"], self._calendar.delete, event)

    def _write(
        self, event_id: str, etag: str | None, send: Callable[..., T], *arguments: object
    ) -> T:
        self._calendar.authorise(self._deadline)
        if self._deadline.left() <= 0:  # report the Calendar's failure, not the store's
            raise Unanswered("no time was left for the Calendar")
        self._claim.confirm()
        try:
            answer = send(*arguments, self._deadline.for_call())
        except (IdTaken, OtherEvent, Unanswered) as failure:
            if failure.may_have_effect:
                self._doubts[event_id] = etag
            raise
        except (EtagMismatch, EventGone):
            self._doubts.pop(event_id, None)
            raise
        self._doubts.pop(event_id, None)
        return answer
