"""What one delivery asks for in a class's event, minus what Google has refused so far."""

from shared.booking.claim import Claim
from shared.booking.invitations import Invitations
from shared.booking.meet_link import MeetLink, shows
from shared.calendar import guests, wanted
from shared.calendar.answers import Refused
from shared.calendar.event import Event
from shared.classes.virtual_class import VirtualClass
from shared.deadline import Deadline
from shared.settings import Settings


class Wish:
    """Works for one claim. Guests are noted on the class before they are invited, so its methods
    raise ServiceErrors, ClaimLost and ClassChanged."""

    def __init__(self, claim: Claim, settings: Settings, deadline: Deadline) -> None:
        self.meet = MeetLink(was_missing=claim.document.is_link_to_come)
        self._is_link_told = False
        self._invitations = Invitations(claim)
        self._claim = claim
        self._settings = settings
        self._deadline = deadline

    def new_event(self, virtual_class: VirtualClass, event_id: str) -> Event:
        return {
            **wanted.wanted_event(virtual_class, self._settings, late_link=None),
            **self._guest_changes(virtual_class, {}, as_sent=False),
            **self.meet.first_request(event_id),
            "id": event_id,
        }

    def changes(self, virtual_class: VirtualClass, event: Event, as_sent: bool) -> Event:
        """What an event lacks, as a patch. For an event `as_sent`, only guests and the link:
        Google may have changed the wording."""
        self.meet.saw(event)
        late_link = self.meet.late_link(event)
        wished = wanted.wanted_event(virtual_class, self._settings, late_link)
        changes = {} if as_sent else wanted.differences(wished, event)
        if self._brings_link(event):
            changes["description"] = wished["description"]
        guest_changes = self._guest_changes(virtual_class, event, as_sent)
        return {**changes, **guest_changes, **self.meet.next_request(event)}

    def concerns_guests(self, changes: Event, event: Event) -> bool:
        """Whether Google should mail the guests about a patch of the event."""
        return wanted.concerns_guests(changes) or self._brings_link(event)

    def answered(self, sent: Event, answer: Event, before: Event) -> None:
        """Notes the effect of an answered write on the event, given as it was before."""
        self._invitations.accepted(guests.added(sent, before), answer)
        self._is_link_told |= self._brings_link(before)
        self.meet.answered(sent)

    def give_up(self, refusal: Refused, sent: Event, before: Event) -> None:
        """Stops asking for what Google refused if the event can do without it, or raises it."""
        if refusal.about == "conference" and self.meet.refused():
            return
        if refusal.about == "attendees" and self._invitations.refused(guests.added(sent, before)):
            return
        raise refusal

    def _brings_link(self, event: Event) -> bool:
        """Whether a patch of the event is to bring a late link; one of a delivery's does, even if
        Google's answer does not show it."""
        late_link = self.meet.late_link(event)
        return late_link is not None and not (self._is_link_told or shows(event, late_link))

    def _guest_changes(self, virtual_class: VirtualClass, event: Event, as_sent: bool) -> Event:
        """The new guest list, if it has to change."""
        add = self._invitations.to_add(virtual_class, event)
        remove = set() if as_sent else self._invitations.to_remove(virtual_class, event)
        if not add and not remove:
            return {}
        ours = self._invitations.ours(virtual_class, event)
        self._claim.remember_guests([*sorted(ours), *add], self._deadline)
        return {"attendees": guests.changed(event, add, remove)}
