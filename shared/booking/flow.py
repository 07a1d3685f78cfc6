"""Books a class: find, claim, create, record.

Whatever is repeated, lost or interrupted, a class has one event: its id is derived from
the document, Google refuses an id it already holds, and only the delivery that holds the
claim on the document works on the class.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from shared import log
from shared.booking import invitations
from shared.booking.claim import Claim, ClaimLost, ClassChanged
from shared.booking.decision import Book, Refuse, Settled, Withdraw, decide
from shared.booking.event_writer import EventWriter
from shared.calendar import meet
from shared.calendar.client import GoogleCalendar
from shared.calendar.event import Event
from shared.classes import writes
from shared.classes.document import ClassDocument
from shared.classes.store import ClassStore
from shared.classes.virtual_class import VirtualClass
from shared.classes.writes import Changes
from shared.deadline import Backoff, Budget
from shared.errors import ClassNotBookable, CreationInProgress, MeetLinkMissing, ServiceError
from shared.settings import Settings

_LEAST_SECONDS = 0.2
"""With less time left, nothing is started: a new claim would only block the next delivery."""


@dataclass(frozen=True)
class Booking:
    """Books classes; one object serves all requests of an instance."""

    settings: Settings
    store: ClassStore
    calendar: GoogleCalendar

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(settings, ClassStore(settings), GoogleCalendar(settings))

    def book_class(self, preference_id: str, budget: Budget) -> None:
        """Brings the calendar in line with a paid class: returns once its event is made and
        recorded, at once if it already is.

        Raises a ServiceError by the budget's end.
        """
        document = self.store.find(preference_id, budget.work)
        self.bring_in_line(document, budget)

    def bring_in_line(
        self, document: ClassDocument, budget: Budget, *, verify: bool = False
    ) -> None:
        """The same for a class already found. `verify` checks the event even if the document
        says that it is booked and unchanged."""
        log.note(classId=document.id)
        if document.event_id:
            log.note(eventId=document.event_id)
        backoff = Backoff(budget.whole.earlier(_LEAST_SECONDS), longest=1.0)
        try:
            while not self._attempt(document, budget, verify):
                if not backoff.wait():
                    raise CreationInProgress(
                        "another delivery is working on the class",
                        retry_after=max(document.claim_seconds_left, 1.0),
                    )
                document = self.store.read(document.id, budget.whole)
        except ServiceError:
            if document.failing_since:
                unbooked = document.read_time - document.failing_since
                log.note(unbookedSeconds=round(unbooked.total_seconds()))
            raise

    def _attempt(self, document: ClassDocument, budget: Budget, verify: bool) -> bool:
        """Does what the class needs, if anything. Returns False if another delivery is working on
        it."""
        noted: Changes = {}
        match decide(document):
            case Settled() if document.is_at_rest and not verify:
                return True
            case Refuse(error) if document.has_failed_with(error):
                raise error
            case Book(virtual_class) if document.invited is not None:  # else its event tells
                noted = writes.may_invite(virtual_class.guests, document.invited)
        if document.claim_seconds_left == 0 and budget.work.left() > _LEAST_SECONDS:
            with suppress(ClaimLost):
                lease_seconds = self.settings.create_lease_seconds
                self._carry_out(Claim.take(self.store, document, lease_seconds, budget, noted))
                return True
        return False

    def _carry_out(self, claim: Claim) -> None:
        """Does what a claimed class needs and records the outcome or the failure."""
        writer = EventWriter(self.calendar, claim, self.settings)
        while True:
            with suppress(ClassChanged):
                try:
                    return _follow(claim, writer)
                except ServiceError as error:
                    claim.give_up(writes.failed(error, claim.document.failing_since))
                    raise


def _follow(claim: Claim, writer: EventWriter) -> None:
    """Brings the event in line with the class as it is now, and records that."""
    match decide(claim.document):
        case Refuse(error):
            raise error
        case Settled():
            claim.finish(writes.NO_FAILURE)
        case Withdraw():
            writer.withdraw()
            claim.finish(writes.WITHDRAWN)
            raise ClassNotBookable("the class is cancelled")
        case Book(virtual_class):
            event, is_link_to_come = writer.create(virtual_class)
            _record(claim, virtual_class, event, is_link_to_come)


def _record(claim: Claim, virtual_class: VirtualClass, event: Event, is_link_to_come: bool) -> None:
    log.note(eventId=event["id"])
    if left_out := claim.document.reading.left_out:
        log.note(leftOut=list(left_out))
        log.notice("field_left_out", severity="WARNING")
    outcome = writes.booked(
        virtual_class,
        event_id=event["id"],
        html_link=event.get("htmlLink"),
        meet_link=writes.Mark.REMOVED if is_link_to_come else meet.link(event),
        guests=invitations.made(virtual_class, event),
    )
    if not is_link_to_come:
        claim.finish(outcome)
        return
    missing = MeetLinkMissing("Google is still making the Meet link")
    claim.finish({**outcome, **writes.failed(missing, claim.document.failing_since)})
    raise missing
