"""Writes to the Calendar that are in doubt: sent, with an effect that may have happened or still
will."""

from shared.calendar.event import Event


class Doubts:
    """By event id, the etags that the event had when such writes were sent; None for an insert."""

    def __init__(self) -> None:
        self._etags: dict[str, set[str | None]] = {}

    def __bool__(self) -> bool:
        return bool(self._etags)

    def __contains__(self, event_id: str) -> bool:
        return event_id in self._etags

    def note(self, event_id: str, etag: str | None) -> None:
        self._etags.setdefault(event_id, set()).add(etag)

    def settle(self, event_id: str) -> None:
        """Notes that no write to an event is in doubt any more."""
        self._etags.pop(event_id, None)

    def saw(self, event_id: str, event: Event | None) -> None:
        """Settles what a read of an event settles: an insert once its event is seen, any other
        write once its etag no longer fits, since Google refuses it then."""
        left = self._etags.get(event_id, set()) & {event["etag"] if event else None}
        self.settle(event_id)
        if left:
            self._etags[event_id] = left
