"""Makes the Calendar hold the one event of a claimed class, or none if it was cancelled."""

from dataclasses import dataclass
from enum import Enum, auto
from zoneinfo import ZoneInfo

from shared import log
from shared.booking.claim import Claim
from shared.booking.claimed_calendar import ClaimedCalendar
from shared.calendar import event as events
from shared.calendar import meet, wanted
from shared.calendar.answers import EtagMismatch, EventGone, IdTaken, Refused, Unanswered
from shared.calendar.client import GoogleCalendar
from shared.calendar.event import Event
from shared.classes.virtual_class import VirtualClass
from shared.deadline import Backoff, Deadline
from shared.errors import CalendarRejected, CalendarUnavailable

_MEET_REQUESTS = 3
"""How often one delivery asks for a Meet link that Google fails to make."""


class Meet(Enum):
    """What came of the Meet link."""

    READY = auto()
    TO_COME = auto()
    NOT_ALLOWED = auto()


@dataclass(frozen=True)
class Made:
    """The class's event as it stands, and what came of its Meet link."""

    event: Event
    meet: Meet


@dataclass(frozen=True)
class _Seen:
    """An event as Google last showed it, None if there is none. `as_sent`: in answer to our own
    write, so that it is as wanted whatever Google has made of its wording."""

    event: Event | None
    as_sent: bool = False


class EventWriter:
    """Works for one claim, until `deadline`. Its methods raise ServiceErrors, ClaimLost and
    ClassChanged."""

    def __init__(
        self, calendar: GoogleCalendar, claim: Claim, zone: ZoneInfo, deadline: Deadline
    ) -> None:
        self._calendar = ClaimedCalendar(calendar, claim, deadline)
        self._claim = claim
        self._zone = zone
        self._deadline = deadline
        self._known_id = claim.document.event_id
        self._meet_allowed = True
        self._meet_requests = 0
        self._refused_address: str | None = None

    def create(self, virtual_class: VirtualClass) -> Made:
        """The class's event, made, adopted or corrected, with its Meet link if Google makes
        one in time. Takes one step at a time, each from the event as it was last seen."""
        backoff = Backoff(self._deadline)
        event, as_sent = self._known_event(virtual_class), False
        while True:
            if event is None:
                seen = self._insert(virtual_class)
            elif self._is_foreign(event, virtual_class.id):
                raise CalendarRejected("the event's id is held by a foreign event")
            elif not events.is_live(event):
                self._claim.raise_generation(self._deadline)
                seen = _Seen(None)
            elif changes := self._changes(event, virtual_class, as_sent):
                seen = self._patch(event, changes, virtual_class, backoff)
            elif self._meet_of(event) is Meet.TO_COME and meet.is_pending(event) and backoff.wait():
                seen = self._look_for_meet(event, as_sent)
            else:
                return Made(event, self._meet_of(event))
            event, as_sent = seen.event, seen.as_sent

    def withdraw(self) -> None:
        """Deletes any live event of the class."""
        document = self._claim.document
        for event_id in dict.fromkeys((self._current_id, document.event_id, self._known_id)):
            if event_id:
                self._delete(event_id, document.id)

    @property
    def _current_id(self) -> str:
        return self._claim.document.derived_event_id or ""

    def _known_event(self, virtual_class: VirtualClass) -> Event | None:
        """The event that is recorded for the class, or that this delivery has written to."""
        event_id = self._known_id
        event = self._calendar.get(event_id) if event_id else None
        if event is None or event_id == self._current_id:
            return event
        # Recorded under another id: booked by other means before, or a copied document.
        is_ours = events.owner_class_id(event) in (None, virtual_class.id)
        return event if is_ours and events.is_live(event) else None

    def _is_foreign(self, event: Event, class_id: str) -> bool:
        return event.get("id") == self._current_id and events.owner_class_id(event) != class_id

    def _insert(self, virtual_class: VirtualClass) -> _Seen:
        event_id = self._current_id
        backoff = Backoff(self._deadline)
        while True:
            event = self._wanted(virtual_class) | {"id": event_id}
            if self._meet_allowed:
                event["conferenceData"] = meet.request(event_id, 1)
            try:
                made = self._calendar.insert(event)
            except IdTaken:
                return _Seen(self._read_back(event_id))
            except Refused as refusal:
                self._do_without(refusal, virtual_class)
            except Unanswered as failure:
                if failure.in_flight:  # a second one could overtake it
                    return _Seen(self._read_back(event_id))
                backoff.wait_or_raise(failure)
            else:
                self._known_id = event_id
                self._meet_requests += 1
                return _Seen(made, as_sent=True)

    def _read_back(self, event_id: str) -> Event:
        """The event that an insert may have made: until it is seen, nobody knows."""
        self._claim.doubt(event_id, None)
        backoff = Backoff(self._deadline)
        while (event := self._calendar.get(event_id)) is None:
            backoff.wait_or_raise(Unanswered("insert: the event cannot be read yet"))
        self._known_id = event_id
        return event

    def _changes(self, event: Event, virtual_class: VirtualClass, as_sent: bool) -> Event:
        """What the event lacks, as a patch."""
        changes = {} if as_sent else wanted.differences(self._wanted(virtual_class), event)
        lacks_meet = self._meet_of(event) is Meet.TO_COME and not meet.is_pending(event)
        if lacks_meet and self._meet_requests < _MEET_REQUESTS:
            changes["conferenceData"] = meet.next_request(event)
        return changes

    def _patch(
        self, event: Event, changes: Event, virtual_class: VirtualClass, backoff: Backoff
    ) -> _Seen:
        try:
            patched = self._calendar.patch(event, changes, notify=wanted.concerns_guests(changes))
        except Refused as refusal:
            self._do_without(refusal, virtual_class)
            return _Seen(event)
        except (EtagMismatch, EventGone):
            return _Seen(self._calendar.get(event["id"]))
        except Unanswered as failure:
            backoff.wait_or_raise(failure)
            return _Seen(self._calendar.get(event["id"]))
        self._known_id = event["id"]
        self._meet_requests += "conferenceData" in changes
        return _Seen(patched, as_sent=True)

    def _delete(self, event_id: str, class_id: str) -> None:
        """Deletes the event, if it is live and not another class's."""
        backoff = Backoff(self._deadline)
        while True:
            event = self._calendar.get(event_id)
            if event is None and self._claim.is_in_doubt(event_id):
                backoff.wait_or_raise(Unanswered("delete: the event may still appear"))
            elif event is None or self._is_not_to_delete(event, class_id):
                return None
            else:
                try:
                    return self._calendar.delete(event)
                except (EtagMismatch, EventGone):
                    continue
                except Unanswered as failure:
                    backoff.wait_or_raise(failure)

    def _is_not_to_delete(self, event: Event, class_id: str) -> bool:
        is_other = events.owner_class_id(event) not in (None, class_id)
        return is_other or self._is_foreign(event, class_id) or not events.is_live(event)

    def _meet_of(self, event: Event) -> Meet:
        if meet.link(event) is not None:
            return Meet.READY
        return Meet.TO_COME if self._meet_allowed else Meet.NOT_ALLOWED

    def _look_for_meet(self, event: Event, as_sent: bool) -> _Seen:
        try:
            return _Seen(self._calendar.get(event["id"]), as_sent)
        except CalendarUnavailable:
            return _Seen(event, as_sent)  # the event stands; its link is for the next delivery

    def _wanted(self, virtual_class: VirtualClass) -> Event:
        invite = virtual_class.student_email != self._refused_address
        return wanted.wanted_event(virtual_class, self._zone, invite=invite)

    def _do_without(self, refusal: Refused, virtual_class: VirtualClass) -> None:
        """Gives up what Google refuses, if the event can do without it; else raises."""
        address = virtual_class.student_email
        if refusal.about == "conference" and self._meet_allowed:
            self._meet_allowed = False
            log.notice("meet_not_allowed")
        elif refusal.about == "attendees" and self._refused_address != address:
            self._refused_address = address
        else:
            raise refusal
