"""Makes sure that a claimed class has its one event, or none if it was cancelled."""

from contextlib import suppress

from shared.booking.claim import Claim
from shared.booking.claimed_calendar import ClaimedCalendar
from shared.booking.event_requests import EventRequests
from shared.calendar import event as events
from shared.calendar import meet
from shared.calendar.answers import ReadAgain, Refused
from shared.calendar.client import GoogleCalendar
from shared.calendar.event import Event
from shared.classes import writes
from shared.classes.virtual_class import VirtualClass
from shared.deadline import Backoff
from shared.errors import CalendarRejected, CalendarUnavailable
from shared.settings import Settings


class EventWriter:
    """Works for one claim. Its methods raise ServiceErrors, ClaimLost and ClassChanged."""

    def __init__(self, calendar: GoogleCalendar, claim: Claim, settings: Settings) -> None:
        self._calendar = ClaimedCalendar(calendar, claim)
        self._claim = claim
        self._requests = EventRequests(claim, settings)
        self._backoff = Backoff(claim.budget.work)
        # Of the event that is recorded for the class, or that this delivery has written: a write
        # to it may be in doubt.
        self._known_id = claim.document.event_id

    def create(self, virtual_class: VirtualClass) -> tuple[Event, bool]:
        """Creates, adopts or updates the class's event, with its Meet link if Google makes one in
        time. Returns it, and whether its link is still to come. Works in steps, each based on the
        event as last seen."""
        event = self._known_event()
        self._requests.turn_to(virtual_class, event)
        while True:
            if event is None:
                event = self._write(self._requests.new(self._derived_id))
            elif not self._is_ours(event):
                raise CalendarRejected("the event's id is held by a foreign event")
            elif not events.is_live(event):
                self._claim.write(writes.next_generation(self._claim.document))
                event = None
            elif changes := self._requests.changes(event):
                event = self._write(changes, event)
            elif meet.is_pending(event) and self._backoff.wait():
                with suppress(CalendarUnavailable):  # it is made; the next delivery adds its link
                    event = self._calendar.get(event["id"])
            else:
                return event, self._requests.lacks_link(event)

    def withdraw(self) -> None:
        """Deletes any live event of the class."""
        for event_id in dict.fromkeys(filter(None, (self._derived_id, self._known_id))):
            while (event := self._calendar.get(event_id)) and self._is_ours_and_live(event):
                with suppress(ReadAgain):
                    self._calendar.delete(event)
                    break

    @property
    def _derived_id(self) -> str:
        return self._claim.document.derived_event_id

    def _known_event(self) -> Event | None:
        event = self._calendar.get(self._known_id) if self._known_id else None
        if event is None or event["id"] == self._derived_id:
            return event
        # Booked by other means, or recorded on a document that this one is a copy of.
        return event if self._is_ours_and_live(event) else None

    def _is_ours_and_live(self, event: Event) -> bool:
        return self._is_ours(event) and events.is_live(event)

    def _is_ours(self, event: Event) -> bool:
        """Whether it belongs to the class; one that belongs to none was booked by other means,
        unless it holds the class's id."""
        owner = events.owner_class_id(event)
        return owner == self._claim.document.id or (
            owner is None and event["id"] != self._derived_id
        )

    def _write(self, changes: Event, before: Event | None = None) -> Event | None:
        """Inserts an event, or patches it if there was one before. Returns it as it is then, if
        there is one."""
        self._known_id = event_id = (before or changes)["id"]
        try:
            if before:
                is_mailed = self._requests.concern_guests(changes, before)
                answer = self._calendar.patch(before, changes, is_mailed)
            else:
                answer = self._calendar.insert(changes)
        except ReadAgain:
            return self._calendar.get(event_id)
        except Refused as refusal:
            self._requests.give_up(refusal)
            return before
        self._requests.answered(changes, answer)
        return answer
