"""Whom a delivery adds to an event's guests, and whom it takes off."""

from collections.abc import Sequence

from shared import log
from shared.booking.claim import Claim
from shared.calendar import guests
from shared.calendar.event import Event
from shared.classes.virtual_class import MOST_GUESTS, ClassType, VirtualClass


class Invitations:
    """Works for one claim.

    Google refuses a whole write for one bad address and does not name it. Then half as many
    guests are added at a time, until the bad one stands alone and is given up; and twice as many
    after each write that it takes, so that many bad ones cost about one write each.
    """

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._at_a_time = MOST_GUESTS
        self._refused: set[str] = set()
        self._accepted: dict[str, set[str]] = {}

    def to_add(self, virtual_class: VirtualClass, event: Event) -> list[str]:
        """The guests that are to be added next, as far as Google takes more; in one delivery
        nobody twice to the same event."""
        present = guests.addresses(event)
        known = present | self._accepted.get(event.get("id", ""), set()) | self._refused
        missing = [each for each in virtual_class.guests if each.lower() not in known]
        room = max(MOST_GUESTS - len(present), 0)
        return missing[: min(self._at_a_time, room)]

    def to_remove(self, virtual_class: VirtualClass, event: Event) -> set[str]:
        """Those we invited that the class names no more, in lower case."""
        wanted = {each.lower() for each in virtual_class.guests}
        return (self.ours(virtual_class, event) & guests.addresses(event)) - wanted

    def ours(self, virtual_class: VirtualClass, event: Event) -> set[str]:
        """Whom we invited, in lower case. Of a class booked before that was noted, an individual
        student alone on the event is; of others nobody knows."""
        document = self._claim.document
        if document.invited is not None:
            return {each.lower() for each in document.invited}
        if document.student_invited is False:  # and there was nobody else to invite then
            return set()
        listed = guests.without_owner(event)
        if virtual_class.class_type is ClassType.INDIVIDUAL and len(listed) == 1:
            return listed
        if not listed <= {each.lower() for each in virtual_class.guests}:
            log.notice("guests_unknown")
        return set()

    def accepted(self, added: Sequence[str], event: Event) -> None:
        self._accepted.setdefault(event["id"], set()).update(each.lower() for each in added)
        self._at_a_time *= 2

    def refused(self, tried: Sequence[str]) -> bool:
        """Has fewer asked for next time, or gives up the one that was; False if there is none."""
        if len(tried) > 1:
            self._at_a_time = len(tried) // 2
        else:
            self._refused.update(each.lower() for each in tried)
        return bool(tried)
