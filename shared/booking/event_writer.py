"""Makes sure that a claimed class has its one event, or none if it was cancelled."""

from dataclasses import dataclass

from shared.booking.claim import Claim
from shared.booking.claimed_calendar import ClaimedCalendar
from shared.booking.meet_link import Meet
from shared.booking.wish import Wish
from shared.booking.withdrawal import withdraw
from shared.calendar import event as events
from shared.calendar.answers import EtagMismatch, EventGone, IdTaken, Refused, Unanswered
from shared.calendar.client import GoogleCalendar
from shared.calendar.event import Event
from shared.classes.virtual_class import VirtualClass
from shared.deadline import Backoff, Deadline
from shared.errors import CalendarRejected, CalendarUnavailable
from shared.settings import Settings


@dataclass(frozen=True)
class Made:
    """The class's event as it is now, and the state of its Meet link."""

    event: Event
    meet: Meet


@dataclass(frozen=True)
class _Seen:
    """An event as Google last returned it; None if there is none. `as_sent`: in answer to our own
    write, so that differences in wording are Google's own and not to be patched."""

    event: Event | None
    as_sent: bool = False


class EventWriter:
    """Works for one claim, until `deadline`. Its methods raise ServiceErrors, ClaimLost and
    ClassChanged."""

    def __init__(
        self, calendar: GoogleCalendar, claim: Claim, settings: Settings, deadline: Deadline
    ) -> None:
        self._calendar = ClaimedCalendar(calendar, claim, deadline)
        self._claim = claim
        self._deadline = deadline
        self._wish = Wish(claim, settings, deadline)
        self._known_id = claim.document.event_id

    def create(self, virtual_class: VirtualClass) -> Made:
        """Creates, adopts or updates the class's event, with its Meet link if Google makes one in
        time. Works in steps, each based on the event as last seen."""
        backoff = Backoff(self._deadline)
        seen = _Seen(self._known_event(virtual_class))
        while True:
            event = seen.event
            if event is None:
                seen = self._insert(virtual_class)
            elif self._is_foreign(event, virtual_class):
                raise CalendarRejected("the event's id is held by a foreign event")
            elif not events.is_live(event):
                self._claim.raise_generation(self._deadline)
                seen = _Seen(None)
            elif changes := self._wish.changes(virtual_class, event, seen.as_sent):
                seen = self._patch(event, changes, backoff)
            elif self._wish.meet.is_awaited(event) and backoff.wait():
                seen = self._look_for_link(event, seen)
            else:
                return Made(event, self._wish.meet.outcome(event))

    def withdraw(self) -> None:
        """Deletes any live event of the class."""
        event_ids = (self._current_id, self._claim.document.event_id, self._known_id)
        withdraw(event_ids, self._calendar, self._claim, self._deadline)

    @property
    def _current_id(self) -> str:
        return self._claim.document.derived_event_id or ""

    def _known_event(self, virtual_class: VirtualClass) -> Event | None:
        """The event recorded for the class, or already written by this delivery."""
        event_id = self._known_id
        event = self._calendar.get(event_id) if event_id else None
        if event is None or event_id == self._current_id:
            return event
        # Recorded under another id: booked by other means, or a copied document.
        is_ours = events.owner_class_id(event) in (None, virtual_class.id)
        return event if is_ours and events.is_live(event) else None

    def _is_foreign(self, event: Event, virtual_class: VirtualClass) -> bool:
        owner = events.owner_class_id(event)
        return event["id"] == self._current_id and owner != virtual_class.id

    def _insert(self, virtual_class: VirtualClass) -> _Seen:
        event_id = self._current_id
        backoff = Backoff(self._deadline)
        while True:
            event = self._wish.new_event(virtual_class, event_id)
            try:
                return self._answered(event, self._calendar.insert(event), before={})
            except IdTaken:
                return _Seen(self._read_back(event_id))
            except Refused as refusal:
                self._wish.give_up(refusal, event, before={})
            except Unanswered as failure:
                if failure.in_flight:  # it could overlap a second insert
                    return _Seen(self._read_back(event_id))
                backoff.wait_or_raise(failure)

    def _read_back(self, event_id: str) -> Event:
        """The event that an insert may have made. Until it is seen, the outcome is unknown."""
        backoff = Backoff(self._deadline)
        while (event := self._calendar.get(event_id)) is None:
            backoff.wait_or_raise(Unanswered("insert: the event cannot be read yet"))
        self._known_id = event_id
        return event

    def _patch(self, event: Event, changes: Event, backoff: Backoff) -> _Seen:
        notify = self._wish.concerns_guests(changes, event)
        try:
            patched = self._calendar.patch(event, changes, notify=notify)
            return self._answered(changes, patched, before=event)
        except Refused as refusal:
            self._wish.give_up(refusal, changes, before=event)
            return _Seen(event)
        except (EtagMismatch, EventGone):
            pass
        except Unanswered as failure:
            backoff.wait_or_raise(failure)
        return _Seen(self._calendar.get(event["id"]))

    def _answered(self, sent: Event, answer: Event, before: Event) -> _Seen:
        """Notes the effect of an answered write."""
        self._known_id = answer["id"]
        self._wish.answered(sent, answer, before)
        return _Seen(answer, as_sent=True)

    def _look_for_link(self, event: Event, seen: _Seen) -> _Seen:
        try:
            return _Seen(self._calendar.get(event["id"]), seen.as_sent)
        except CalendarUnavailable:
            return seen  # the event is made; the next delivery completes the link
