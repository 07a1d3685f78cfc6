"""The Calendar as the holder of a claim may use it."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from shared.booking.claim import Claim
from shared.calendar import event as events
from shared.calendar.answers import IdTaken, OtherEvent, ReadAgain, Unanswered
from shared.calendar.client import GoogleCalendar
from shared.calendar.event import Event
from shared.deadline import Backoff
from shared.errors import ServiceError

T = TypeVar("T")


class ClaimedCalendar:
    """Confirms the claim before every write, sends it again while time allows, and keeps the
    claim's `doubts`.

    Writes raise ReadAgain if the event has to be read first, ClaimLost, ClassChanged, and the
    ServiceErrors of `GoogleCalendar`.
    """

    def __init__(self, calendar: GoogleCalendar, claim: Claim) -> None:
        self._calendar = calendar
        self._claim = claim
        self._doubts = claim.doubts
        self._deadline = claim.budget.work

    def get(self, event_id: str) -> Event | None:
        """The event, if there is one; awaited if an insert may have made it. Settles a doubt
        about it unless its etag is still the same: Google would now refuse that write."""
        is_inserted = self._doubts.get(event_id, "") is None
        backoff = Backoff(self._deadline)
        while (event := self._calendar.get(event_id, self._deadline)) is None and is_inserted:
            backoff.wait_or_raise(Unanswered("insert: the event may still appear"))
        if event is None or event["etag"] != self._doubts.get(event_id):
            self._doubts.pop(event_id, None)
        return event

    def insert(self, event: Event) -> Event:
        try:
            return self._write(event["id"], None, self._calendar.insert, event)
        except OtherEvent as error:
            if events.owner_class_id(error.event) == self._claim.document.id:
                with suppress(ServiceError, ReadAgain):
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
        backoff = Backoff(self._deadline)
        while True:
            # Fetched first, so that the write is sent as soon as the claim is confirmed.
            self._calendar.credentials.access_token(self._deadline)
            self._claim.confirm()
            try:
                answer = send(*arguments, self._deadline.for_call())
            except (IdTaken, OtherEvent, Unanswered) as failure:
                if failure.may_have_effect:
                    self._doubts[event_id] = etag
                if not isinstance(failure, Unanswered):
                    raise
                backoff.wait_or_raise(failure)
                if etag is None and failure.in_flight:  # a second insert could overlap it
                    raise IdTaken from failure
                continue
            except ReadAgain:
                self._doubts.pop(event_id, None)
                raise
            self._doubts.pop(event_id, None)
            return answer
