"""The Calendar as the holder of a claim may use it."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from shared.booking.claim import Claim
from shared.calendar import event as events
from shared.calendar.answers import IdTaken, OtherEvent, ReadAgain, Unanswered
from shared.calendar.client import GoogleCalendar
from shared.calendar.event import Event
from shared.deadline import Backoff, Deadline, retrying
from shared.errors import ServiceError

T = TypeVar("T")


class ClaimedCalendar:
    """Confirms the claim before every write, repeats it while time allows, and keeps the claim's
    `doubts`.

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
            return self._write(event["id"], None, partial(self._calendar.insert, event))
        except OtherEvent as error:
            if events.owner_class_id(error.event) == self._claim.document.id:
                with suppress(ServiceError, ReadAgain):
                    self._calendar.delete(error.event, self._deadline.for_call())
            raise

    def patch(self, event: Event, changes: Event, notify: bool) -> Event:
        patch = partial(self._calendar.patch, event, changes, notify)
        return self._write(event["id"], event["etag"], patch)

    def delete(self, event: Event) -> None:
        self._write(event["id"], event["etag"], partial(self._calendar.delete, event))

    def _write(self, event_id: str, etag: str | None, send: Callable[[Deadline], T]) -> T:
        def attempt(deadline: Deadline) -> T:
            # Fetched first, so that the write is sent as soon as the claim is confirmed.
            self._calendar.credentials.access_token(self._deadline)
            self._claim.confirm()
            try:
                answer = send(deadline)
            except (IdTaken, OtherEvent, Unanswered) as failure:
                if failure.may_have_effect:
                    self._doubts.setdefault(event_id, etag)
                if isinstance(failure, Unanswered) and failure.in_flight and etag is None:
                    raise IdTaken from failure  # a second insert could overlap it
                raise
            except ReadAgain:
                self._doubts.pop(event_id, None)
                raise
            self._doubts.pop(event_id, None)
            return answer

        return retrying(attempt, self._deadline, Unanswered)
