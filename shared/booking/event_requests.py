"""What one delivery asks of Google for a class: its event, minus what Google has refused."""

from shared import log
from shared.booking.claim import Claim
from shared.booking.invitations import Invitations
from shared.calendar import meet
from shared.calendar.answers import Refused
from shared.calendar.event import Event
from shared.calendar.wanted import differences, wanted_event
from shared.classes.virtual_class import VirtualClass
from shared.settings import Settings

_MOST_LINK_REQUESTS = 3
"""How often one delivery requests a Meet link that Google fails to make."""


class EventRequests:
    """Works for one claim, on which the guests of the class are noted."""

    def __init__(self, claim: Claim, settings: Settings) -> None:
        document = claim.document
        self._settings = settings
        self._invitations = Invitations(claim)
        self._is_meet_allowed = True
        self._link_requests = 0
        # The guests were invited before there was a link: the description then shows it.
        self._is_link_late = document.event_id is not None and not document.is_booked
        self._is_link_mailed = False

    def turn_to(self, virtual_class: VirtualClass, event: Event | None) -> None:
        """Works for the class as it is now, whose event this is, if it has one."""
        self._virtual_class = virtual_class
        self._sent_etag = ""  # of the event as our last write left it
        self._invitations.note(virtual_class, event or {})

    def new(self, event_id: str) -> Event:
        event = wanted_event(self._virtual_class, self._settings, late_link=None)
        if self._is_meet_allowed:
            event["conferenceData"] = meet.request(event_id, 1)
        guests = self._invitations.changes(self._virtual_class, {}, is_as_sent=False)
        return {**event, **guests, "id": event_id}

    def changes(self, event: Event) -> Event:
        """What an event lacks, as a patch. If it is the answer to our own write, only guests and
        the link: Google may have changed the wording."""
        is_as_sent = event["etag"] == self._sent_etag
        link, is_shown = meet.link(event), meet.is_shown(event)
        self._is_link_late |= self.lacks_link(event)
        is_late = is_shown or self._is_link_late or meet.last_attempt(event) > 1
        wanted = wanted_event(self._virtual_class, self._settings, link if is_late else None)
        changes = {} if is_as_sent else differences(wanted, event)
        # Once in a delivery, even if Google's answer does not show it.
        if link and is_late and not (is_shown or self._is_link_mailed):
            changes["description"] = wanted["description"]
        is_link_failed = self.lacks_link(event) and not meet.is_pending(event)
        if is_link_failed and self._link_requests < _MOST_LINK_REQUESTS:
            changes["conferenceData"] = meet.request(event["id"], meet.last_attempt(event) + 1)
        return changes | self._invitations.changes(self._virtual_class, event, is_as_sent)

    def concern_guests(self, changes: Event, event: Event) -> bool:
        """Whether Google should mail the guests of an event about changes to it: about time,
        guests and a link that came too late for the invitation, not about wording."""
        brings_link = meet.is_shown({**event, **changes}) and not meet.is_shown(event)
        is_link_new = brings_link and not self._is_link_mailed
        return is_link_new or not changes.keys().isdisjoint({"start", "end", "attendees"})

    def lacks_link(self, event: Event) -> bool:
        """Whether a Meet link is still to come."""
        return self._is_meet_allowed and meet.link(event) is None

    def answered(self, changes: Event, answer: Event) -> None:
        self._sent_etag = answer["etag"]
        self._invitations.accepted()
        self._is_link_mailed |= meet.is_shown({**answer, **changes})
        self._link_requests += "conferenceData" in changes

    def give_up(self, refusal: Refused) -> None:
        """Stops asking for what Google refused if the event can do without it, or raises it."""
        if refusal.about == "conference" and self._is_meet_allowed:
            self._is_meet_allowed = False
            log.notice("meet_not_allowed")
        elif refusal.about == "attendees" and self._invitations.tried:
            self._invitations.refused()
        else:
            raise refusal
