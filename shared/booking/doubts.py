"""Writes to the Calendar whose outcome is unknown: they may have taken effect, or still may."""

from shared.calendar.event import Event


class Doubts:
    """Maps an event id to the event's etags when such writes were sent; None for an insert."""

    def __init__(self) -> None:
        self._etags: dict[str, set[str | None]] = {}

    def __bool__(self) -> bool:
        return bool(self._etags)

    def __contains__(self, event_id: str) -> bool:
        return event_id in self._etags

    def note(self, event_id: str, etag: str | None) -> None:
        self._etags.setdefault(event_id, set()).add(etag)

    def settle(self, event_id: str) -> None:
        """Notes that no write to the event is in doubt any more."""
        self._etags.pop(event_id, None)

    def saw(self, event_id: str, event: Event | None) -> None:
        """Settles the doubt that a read resolves: an insert once its event is seen, any other
        write once its etag is outdated, since Google would then refuse it."""
        left = self._etags.get(event_id, set()) & {event["etag"] if event else None}
        self.settle(event_id)
        if left:
            self._etags[event_id] = left
