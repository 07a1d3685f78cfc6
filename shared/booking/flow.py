"""Books a class: find, claim, create, record.

Whatever is repeated, lost or interrupted, a class has one event: its id is derived from
the document, Google refuses an id it holds, and only one delivery at a time, the holder of
the claim on the document, works on a class.
"""

from contextlib import suppress

from shared import log
from shared.booking.claim import Claim, ClaimLost, ClassChanged
from shared.booking.event_writer import EventWriter
from shared.calendar import event as events
from shared.calendar.client import GoogleCalendar
from shared.calendar.event import Event
from shared.classes.document import StoredClass
from shared.classes.store import REMOVED, SERVER_TIME, ClassStore
from shared.classes.virtual_class import Status, VirtualClass, status_of
from shared.deadline import Deadline, pauses
from shared.errors import (
    ClassNotBookable,
    CreationInProgress,
    MeetLinkMissing,
    ServiceError,
)
from shared.settings import STORE_RESERVE_SECONDS, Settings

_LEAST_SECONDS = 0.2
"""With less time left nothing is begun: a claim written now would only stand in the way."""


class Booking:
    """What booking needs, for all requests of an instance."""

    def __init__(self, settings: Settings, store: ClassStore, calendar: GoogleCalendar) -> None:
        self._zone = settings.time_zone
        self._lease_seconds = settings.create_lease_seconds
        self._store = store
        self._calendar = calendar

    def book_class(self, preference_id: str, deadline: Deadline) -> None:
        """Brings the calendar in line with the class that was paid for: returns once its event
        stands and is recorded, and does nothing if that is so already.

        Raises a ServiceError by `deadline`.
        """
        stored = self._store.find(preference_id, deadline.earlier(STORE_RESERVE_SECONDS))
        self.bring_in_line(stored, deadline)

    def bring_in_line(
        self, stored: StoredClass, deadline: Deadline, *, verify: bool = False
    ) -> None:
        """The same for a class already found. With `verify` the event is looked at even if the
        class says that it is booked and unchanged."""
        log.note(classId=stored.reference.id)
        if stored.event_id:
            log.note(eventId=stored.event_id)
        try:
            for pause in pauses(longest=1.0):
                if is_settled(stored) and not verify:
                    break
                early = deadline.earlier(STORE_RESERVE_SECONDS)
                if stored.claim_seconds_left == 0 and early.left() > _LEAST_SECONDS:
                    with suppress(ClaimLost):
                        claim = Claim.take(self._store, stored, self._lease_seconds, early)
                        self._create_and_record(claim, deadline)
                        break
                elif not deadline.earlier(_LEAST_SECONDS).pause(pause):
                    raise CreationInProgress(
                        "another delivery works on the class",
                        retry_after=max(stored.claim_seconds_left, 1.0),
                    )
                stored = self._store.read(stored, deadline)
        except ServiceError:
            if stored.failing_since:
                unbooked = stored.read_time - stored.failing_since
                log.note(unbookedSeconds=round(unbooked.total_seconds()))
            raise

    def _create_and_record(self, claim: Claim, deadline: Deadline) -> None:
        """Makes the event what the class asks for, and writes the outcome on the class."""
        early = deadline.earlier(STORE_RESERVE_SECONDS)
        writer = EventWriter(self._calendar, claim, self._zone, early)
        while True:
            try:
                _follow(claim, writer, deadline)
                return
            except ClassChanged:
                continue
            except ServiceError as error:
                _record_failure(claim, error, deadline)
                raise


def is_settled(stored: StoredClass) -> bool:
    """Whether nothing is left to do for a class: the first column of the decision table.

    Raises ClassNotBookable, InvalidVirtualClass.
    """
    status = status_of(stored.data)
    if status is Status.CANCELLED:
        return False
    link = stored.data.get("meetLink", "")
    is_booked = stored.event_id is not None and (link is None or bool(link))
    # A leftover claim or failure: another delivery is working, or the event may differ from
    # what is recorded, even if the class matches the record again.
    is_at_rest = stored.data.keys().isdisjoint({"calendarClaim", "calendarError"})
    if status is Status.COMPLETED:
        if is_booked:
            return is_at_rest
        raise ClassNotBookable("the class is completed and was never booked")
    virtual_class = VirtualClass.from_document(stored.name, stored.data)
    if not is_booked and virtual_class.end <= stored.read_time:
        raise ClassNotBookable("somebody paid for a class that is over", severity="ERROR")
    is_unchanged = stored.data.get("calendarFingerprint") == virtual_class.fingerprint
    return is_booked and is_unchanged and is_at_rest


def _follow(claim: Claim, writer: EventWriter, deadline: Deadline) -> None:
    stored = claim.stored
    is_settled(stored)  # raises if it may not be booked (any more)
    match status_of(stored.data):
        case Status.CANCELLED:
            writer.withdraw()
            claim.finish(_WITHDRAWN, deadline)
            raise ClassNotBookable("the class is cancelled")
        case Status.COMPLETED:
            claim.finish({"calendarError": REMOVED}, deadline)
        case _:
            virtual_class = VirtualClass.from_document(stored.name, stored.data)
            event = writer.create(virtual_class)
            _record(claim, virtual_class, event, writer, deadline)


def _record(
    claim: Claim,
    virtual_class: VirtualClass,
    event: Event,
    writer: EventWriter,
    deadline: Deadline,
) -> None:
    log.note(eventId=event["id"])
    link = events.meet_link(event)
    is_invited = events.has_guest(event, virtual_class.student_email)
    missing = MeetLinkMissing("Google is still making the Meet link")
    is_missing = link is None and writer.with_meet
    claim.finish(
        {
            "googleEventId": event["id"],
            "htmlLink": event.get("htmlLink"),
            # Null says that there will be none; while one may still come, the field is not there.
            "meetLink": REMOVED if is_missing else link,
            "status": Status.SCHEDULED.value,
            "scheduledAt": SERVER_TIME,
            "studentInvited": is_invited,
            "calendarFingerprint": virtual_class.fingerprint,
            "calendarError": claim.failure(missing) if is_missing else REMOVED,
        },
        deadline,
    )
    if not is_invited:
        log.notice("student_not_invited")
    if is_missing:
        raise missing


_WITHDRAWN = dict.fromkeys(
    (
        "googleEventId",
        "htmlLink",
        "meetLink",
        "scheduledAt",
        "studentInvited",
        "calendarFingerprint",
        "calendarError",
    ),
    REMOVED,
)


def _record_failure(claim: Claim, error: ServiceError, deadline: Deadline) -> None:
    """Tells the failure on the class. Does what it can: a claim that stays expires."""
    try:
        claim.fail(error, deadline)
    except (ServiceError, ClaimLost):
        log.note(failureRecorded=False)
