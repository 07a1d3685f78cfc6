"""Makes the Calendar hold the one event of a claimed class, or none if it was cancelled."""

from zoneinfo import ZoneInfo

from shared import log
from shared.booking.claim import Claim
from shared.calendar import event as events
from shared.calendar.answers import (
    EtagMismatch,
    EventGone,
    IdTaken,
    Refused,
    Unanswered,
)
from shared.calendar.client import GoogleCalendar
from shared.calendar.event import Event
from shared.classes.virtual_class import VirtualClass
from shared.deadline import Deadline, pauses
from shared.errors import CalendarRejected, CalendarUnavailable

_MEET_REQUESTS = 3
"""How often one delivery asks for a Meet link that Google fails to make."""


class EventWriter:
    """Works for one claim: has it confirmed before every write, and tells it of every write
    whose outcome is in doubt."""

    def __init__(
        self, calendar: GoogleCalendar, claim: Claim, zone: ZoneInfo, deadline: Deadline
    ) -> None:
        self.with_meet = True
        self._refused_address: str | None = None
        self._calendar = calendar
        self._claim = claim
        self._zone = zone
        self._deadline = deadline
        self._seen_id: str | None = None
        self._is_in_line = False
        self._meet_requests = 0

    def create(self, virtual_class: VirtualClass) -> Event:
        """The class's event, made, adopted or corrected, with its Meet link if Google makes
        one in time.

        Takes one step at a time, each from the event as it was last seen. Raises
        ServiceErrors, ClaimLost, ClassChanged.
        """
        self._is_in_line = False
        event = self._known_event(virtual_class)
        for pause in pauses():
            if event is None:
                event = self._insert(virtual_class)
            elif self._is_foreign(event, virtual_class.id):
                raise CalendarRejected("the event's id is held by a foreign event")
            elif not events.is_live(event):
                self._claim.raise_generation(self._deadline)
                event = None
            elif changes := self._changes(event, virtual_class):
                event = self._patch(event, changes, virtual_class, pause)
            elif self._awaits_meet(event) and self._deadline.pause(pause):
                event = self._look_for_meet(event)
            else:
                return event
        raise AssertionError("pauses() does not end")

    def withdraw(self) -> None:
        """Deletes any live event of the class. Raises as `create` does."""
        stored = self._claim.stored
        for event_id in dict.fromkeys((self._current_id, stored.event_id, self._seen_id)):
            if event_id:
                self._delete(event_id, stored.reference.id)

    @property
    def _current_id(self) -> str:
        return events.event_id(self._claim.stored.name, self._claim.stored.generation)

    def _known_event(self, virtual_class: VirtualClass) -> Event | None:
        """The event that is recorded for the class or was seen by this delivery."""
        event_id = self._seen_id or self._claim.stored.event_id
        event = self._get(event_id) if event_id else None
        if event is None or event_id == self._current_id:
            return event
        # Recorded under another id: booked by other means before, or a copied document.
        is_ours = events.owner_class_id(event) in (None, virtual_class.id)
        return event if is_ours and events.is_live(event) else None

    def _is_foreign(self, event: Event, class_id: str) -> bool:
        return event.get("id") == self._current_id and events.owner_class_id(event) != class_id

    def _insert(self, virtual_class: VirtualClass) -> Event:
        event_id = self._current_id
        for pause in pauses():
            wanted = self._wanted(virtual_class) | {"id": event_id}
            if self.with_meet:
                wanted["conferenceData"] = events.meet_request(event_id, 1)
            self._confirm_claim()
            try:
                event = self._calendar.insert(wanted, self._attempt())
            except IdTaken:
                return self._read_back(event_id)
            except Refused as refusal:
                self._do_without(refusal, virtual_class)
            except Unanswered as failure:
                self._note_doubt(failure, event_id, None)
                if failure.in_flight:  # a second one could overtake it
                    return self._read_back(event_id)
                self._pause_or_raise(pause, failure)
            else:
                self._meet_requests += 1
                self._settle(event_id)
                return event
        raise AssertionError("pauses() does not end")

    def _read_back(self, event_id: str) -> Event:
        """The event that an insert may have made: until it is seen, nobody knows."""
        self._claim.doubt(event_id, None)
        for pause in pauses():
            event = self._get(event_id)
            if event is not None:
                self._seen_id = event_id
                return event
            self._pause_or_raise(pause, Unanswered("insert: the event cannot be read yet"))
        raise AssertionError("pauses() does not end")

    def _changes(self, event: Event, virtual_class: VirtualClass) -> Event:
        wanted = self._wanted(virtual_class)
        changes = {} if self._is_in_line else events.differences(wanted, event)
        lacks_meet = events.meet_link(event) is None and not events.is_meet_pending(event)
        if self.with_meet and lacks_meet and self._meet_requests < _MEET_REQUESTS:
            changes["conferenceData"] = events.next_meet_request(event)
        return changes

    def _patch(
        self, event: Event, changes: Event, virtual_class: VirtualClass, pause: float
    ) -> Event | None:
        self._confirm_claim()
        notify = events.concerns_guests(changes)
        try:
            patched = self._calendar.patch(event, changes, notify, self._attempt())
        except Refused as refusal:
            self._do_without(refusal, virtual_class)
            return event
        except (EtagMismatch, EventGone):
            self._claim.settle(event["id"])
        except Unanswered as failure:
            self._note_doubt(failure, event["id"], event["etag"])
            self._pause_or_raise(pause, failure)
        else:
            self._meet_requests += "conferenceData" in changes
            self._settle(event["id"])
            return patched
        return self._get(event["id"])

    def _delete(self, event_id: str, class_id: str) -> None:
        for pause in pauses():
            event = self._get(event_id)
            if event is None:
                if not self._claim.is_in_doubt(event_id):
                    return
                self._pause_or_raise(pause, Unanswered("delete: the event may be still to come"))
                continue
            is_other = events.owner_class_id(event) not in (None, class_id)
            if is_other or self._is_foreign(event, class_id):
                return
            if not events.is_live(event):
                self._claim.settle(event_id)
                return
            self._confirm_claim()
            try:
                self._calendar.delete(event, self._attempt())
            except (EtagMismatch, EventGone):
                continue
            except Unanswered as failure:
                self._note_doubt(failure, event_id, event["etag"])
                self._pause_or_raise(pause, failure)
            else:
                self._claim.settle(event_id)
                return

    def _confirm_claim(self) -> None:
        """Before each write. Too late is too late for the Calendar, not a failure of the store."""
        if self._deadline.left() <= 0:
            raise Unanswered("no time was left for the Calendar")
        self._claim.confirm(self._deadline)

    def _awaits_meet(self, event: Event) -> bool:
        return self.with_meet and events.is_meet_pending(event)

    def _look_for_meet(self, event: Event) -> Event | None:
        try:
            return self._get(event["id"])
        except CalendarUnavailable:
            return event  # the event stands; its link is for the next delivery

    def _wanted(self, virtual_class: VirtualClass) -> Event:
        invite = virtual_class.student_email != self._refused_address
        return events.wanted_event(virtual_class, self._zone, invite=invite)

    def _do_without(self, refusal: Refused, virtual_class: VirtualClass) -> None:
        """Gives up what Google will not have, if the event can do without it; else raises."""
        if refusal.about == "conference" and self.with_meet:
            self.with_meet = False
            log.notice("meet_not_allowed")
        elif refusal.about == "attendees" and self._refused_address != virtual_class.student_email:
            self._refused_address = virtual_class.student_email
        else:
            raise refusal

    def _settle(self, event_id: str) -> None:
        """A write was answered: the event is as wanted, whatever Google makes of its wording."""
        self._claim.settle(event_id)
        self._is_in_line, self._seen_id = True, event_id

    def _get(self, event_id: str) -> Event | None:
        event = self._calendar.get(event_id, self._deadline)
        self._claim.saw(event_id, event["etag"] if event else None)
        return event

    def _note_doubt(self, failure: Unanswered, event_id: str, etag: str | None) -> None:
        if failure.may_have_effect:
            self._claim.doubt(event_id, etag)

    def _attempt(self) -> Deadline:
        return Deadline(self._deadline.call_timeout())

    def _pause_or_raise(self, pause: float, failure: Unanswered) -> None:
        if not self._deadline.pause(max(pause, failure.asked_to_wait)):
            raise failure
