"""Whom we invite to an event: which guests a delivery adds and removes, and who is then on it."""

from collections.abc import Sequence

from shared import log
from shared.booking.claim import Claim
from shared.calendar import guests
from shared.calendar.event import Event
from shared.classes import writes
from shared.classes.document import ClassDocument
from shared.classes.virtual_class import MOST_GUESTS, ClassType, VirtualClass


class Invitations:
    """Works for one claim. `tried` are those whom the last `changes` would add.

    Google refuses a whole write for one bad address and does not name it. The number of guests
    added at a time is then halved until the bad one is alone and is left out. From there it is
    doubled after each accepted write, so that many bad addresses cost about one write each.
    """

    def __init__(self, claim: Claim) -> None:
        self.tried: list[str] = []
        self._claim = claim
        self._at_a_time = MOST_GUESTS
        self._suspects = 0  # so many of the guests to add next hold a bad one
        self._refused: set[str] = set()
        self._accepted: set[str] = set()

    def note(self, virtual_class: VirtualClass, event: Event) -> None:
        """Notes on the document whom we invited, and whom we may invite."""
        document = self._claim.document
        ours = [*invited(document, virtual_class, event), *virtual_class.guests]
        self._claim.write(writes.may_invite(ours, document.invited or ()))

    def changes(self, virtual_class: VirtualClass, event: Event, is_as_sent: bool) -> Event:
        """The new guest list, if it has to change, with more guests as far as Google takes them:
        in one delivery nobody twice to the same event, which is empty if it is still to be made.
        Those we invited who are no longer on the class are removed."""
        if not event:
            self._accepted.clear()
        present = guests.addresses(event)
        known = present | self._accepted | self._refused
        missing = [each for each in virtual_class.guests if each.lower() not in known]
        room = max(MOST_GUESTS - len(present), 0)
        self.tried = missing[: min(self._at_a_time, room)]
        ours = {each.lower() for each in self._claim.document.invited or ()}
        named = {each.lower() for each in virtual_class.guests}
        remove = set() if is_as_sent else (ours & present) - named
        if not self.tried and not remove:
            return {}
        return {"attendees": guests.changed(event, self.tried, remove)}

    def accepted(self) -> None:
        self._accepted.update(each.lower() for each in self.tried)
        self._suspects = max(self._suspects - len(self.tried), 0)
        self._at_a_time = (self._suspects + 1) // 2 or self._at_a_time * 2

    def refused(self) -> None:
        """Tries fewer guests next time, or gives up the only one tried."""
        if len(self.tried) > 1:
            self._suspects = len(self.tried)
            self._at_a_time = len(self.tried) // 2
        else:
            self._suspects = 0
            self._refused.update(each.lower() for each in self.tried)


def invited(document: ClassDocument, virtual_class: VirtualClass, event: Event) -> Sequence[str]:
    """Whom we invited. If the class was booked before that was noted, its event tells: only
    students were invited then, so the only guest of an individual class; any other is unknown."""
    if document.invited is not None:
        return document.invited
    listed = guests.without_owner(event)
    if document.student_invited is False:
        return ()
    if virtual_class.class_type is ClassType.INDIVIDUAL and len(listed) == 1:
        return tuple(listed)
    if not listed <= {each.lower() for each in virtual_class.guests}:
        log.notice("guests_unknown")
    return ()


def made(virtual_class: VirtualClass, event: Event) -> list[str]:
    """Those of the class's guests who are on its event. Logs what an operator should know of the
    others, but the caller is not told."""
    listed, student = guests.addresses(event), virtual_class.student_email
    invited = [each for each in virtual_class.guests if each.lower() in listed]
    if student not in invited:
        log.notice("student_not_invited")
    if any(each not in (*invited, student) for each in virtual_class.guests):
        log.notice("participant_not_invited")
    seats = virtual_class.max_participants
    if virtual_class.class_type is ClassType.GROUP and seats and len(virtual_class.guests) > seats:
        log.notice("more_guests_than_seats")
    return invited
