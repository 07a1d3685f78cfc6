"""Requests the Meet link of a class's event, on behalf of one delivery."""

from enum import Enum, auto

from shared import log
from shared.calendar import meet
from shared.calendar.event import Event

_MOST_REQUESTS = 3
"""How often one delivery requests a link that Google fails to make."""


class Meet(Enum):
    """The state of the Meet link."""

    READY = auto()
    TO_COME = auto()
    NOT_ALLOWED = auto()


class MeetLink:
    """`was_missing`: the guests were invited before there was a link."""

    def __init__(self, *, was_missing: bool) -> None:
        self._was_missing = was_missing
        self._is_allowed = True
        self._requests = 0

    def outcome(self, event: Event) -> Meet:
        if meet.link(event) is not None:
            return Meet.READY
        return Meet.TO_COME if self._is_allowed else Meet.NOT_ALLOWED

    def is_awaited(self, event: Event) -> bool:
        """Whether Google is still making the link."""
        return self.outcome(event) is Meet.TO_COME and meet.is_pending(event)

    def first_request(self, event_id: str) -> Event:
        """The request that goes out with an insert."""
        return {"conferenceData": meet.request(event_id, 1)} if self._is_allowed else {}

    def next_request(self, event: Event) -> Event:
        """The request for a patch, if Google has neither made the link nor is making it."""
        is_failed = self.outcome(event) is Meet.TO_COME and not meet.is_pending(event)
        if not is_failed or self._requests >= _MOST_REQUESTS:
            return {}
        return {"conferenceData": meet.next_request(event)}

    def late_link(self, event: Event) -> str | None:
        """The URL, if the guests were invited before it existed: the description then shows it."""
        link = meet.link(event)
        if not link:
            return None
        came_later = self._was_missing or meet.last_attempt(event) > 1
        return link if came_later or shows(event, link) else None

    def saw(self, event: Event) -> None:
        """Notes whether an existing event has its link."""
        self._was_missing |= self.outcome(event) is Meet.TO_COME

    def answered(self, sent: Event) -> None:
        """Counts an answered request for a link."""
        self._requests += "conferenceData" in sent

    def refused(self) -> bool:
        """Goes on without a link; False if it already did."""
        was_allowed, self._is_allowed = self._is_allowed, False
        if was_allowed:
            log.notice("meet_not_allowed")
        return was_allowed


def shows(event: Event, link: str) -> bool:
    return link in str(event.get("description", ""))
