"""Books a class: find, claim, create, record.

Whatever is repeated, lost or interrupted, a class has one event: its id is derived from
the document, Google refuses an id it already holds, and only the delivery that holds the
claim on the document works on the class.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Self

from shared import log
from shared.booking.claim import Claim, ClaimLost, ClassChanged
from shared.booking.decision import Book, Decision, Refuse, Release, Settled, Withdraw, decide
from shared.booking.event_writer import EventWriter
from shared.booking.record import record, record_failure
from shared.calendar.client import GoogleCalendar
from shared.classes import writes
from shared.classes.document import ClassDocument
from shared.classes.store import ClassStore
from shared.deadline import Backoff, Budget, Deadline
from shared.errors import ClassNotBookable, CreationInProgress, ServiceError
from shared.settings import Settings

_LEAST_SECONDS = 0.2
"""With less time left, nothing is started: a new claim would only block the next delivery."""


class Booking:
    """Books classes; one object serves all requests of an instance."""

    def __init__(self, settings: Settings, store: ClassStore, calendar: GoogleCalendar) -> None:
        self.store = store
        self.calendar = calendar
        self._settings = settings
        self._lease_seconds = settings.create_lease_seconds

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(settings, ClassStore(settings), GoogleCalendar.from_settings(settings))

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
        try:
            self._bring_in_line(document, budget, verify)
        except ServiceError:
            if document.failing_since:
                unbooked = document.read_time - document.failing_since
                log.note(unbookedSeconds=round(unbooked.total_seconds()))
            raise

    def _bring_in_line(self, document: ClassDocument, budget: Budget, verify: bool) -> None:
        for look in self._looks(document, budget):
            decision = decide(look)
            match decision:
                case Settled() if not verify:
                    return
                case Refuse(error) if look.has_told(error):
                    raise error
            if look.claim_seconds_left == 0 and budget.work.left() > _LEAST_SECONDS:
                with suppress(ClaimLost):
                    guests = _guests_to_invite(look, decision)
                    claim = Claim.take(self.store, look, self._lease_seconds, budget.work, guests)
                    self._carry_out(claim, budget)
                    return

    def _looks(self, document: ClassDocument, budget: Budget) -> Iterator[ClassDocument]:
        """The class, read again and again while another delivery works on it. Raises
        CreationInProgress when time is up."""
        backoff = Backoff(budget.whole.earlier(_LEAST_SECONDS), longest=1.0)
        yield document
        while backoff.wait():
            document = self.store.read(document, budget.whole)
            yield document
        raise CreationInProgress(
            "another delivery is working on the class",
            retry_after=max(document.claim_seconds_left, 1.0),
        )

    def _carry_out(self, claim: Claim, budget: Budget) -> None:
        """Does what a claimed class needs and records the outcome or the failure."""
        writer = EventWriter(self.calendar, claim, self._settings, budget.work)
        while True:
            try:
                left_over = _follow(claim, writer, budget.whole)
                break
            except ClassChanged:
                continue
            except ServiceError as error:
                record_failure(claim, error, budget.whole)
                raise
        if left_over:
            raise left_over


def _guests_to_invite(document: ClassDocument, decision: Decision) -> tuple[str, ...]:
    """Whom the claim notes as invited. Nobody on a class booked before that was recorded: its
    event shows whom we invited."""
    is_noted = document.event_id is None or document.invited is not None
    return decision.virtual_class.guests if isinstance(decision, Book) and is_noted else ()


def _follow(claim: Claim, writer: EventWriter, deadline: Deadline) -> ServiceError | None:
    """Brings the event in line with the class as it is now, and records that. Returns an error
    to report nevertheless, if any."""
    match decide(claim.document):
        case Refuse(error):
            raise error
        case Withdraw():
            writer.withdraw()
            claim.finish(writes.WITHDRAWN, deadline)
            return ClassNotBookable("the class is cancelled")
        case Book(virtual_class):
            made = writer.create(virtual_class)
            return record(claim, virtual_class, made, deadline)
        case Release() | Settled():
            claim.finish(writes.FORGIVEN, deadline)
    return None
