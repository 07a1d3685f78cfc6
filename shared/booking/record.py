"""Records the outcome of a booking on the class."""

from collections.abc import Sequence

from shared import log
from shared.booking.claim import Claim, ClaimLost
from shared.booking.event_writer import Made
from shared.booking.meet_link import Meet
from shared.calendar import meet
from shared.calendar.guests import is_guest
from shared.classes import writes
from shared.classes.virtual_class import ClassType, VirtualClass
from shared.deadline import Deadline
from shared.errors import MeetLinkMissing, ServiceError


def record(
    claim: Claim, virtual_class: VirtualClass, made: Made, deadline: Deadline
) -> ServiceError | None:
    """Writes the record and releases the claim. Returns an error to report although the event
    is made, if any. Raises what `Claim.finish` raises."""
    log.note(eventId=made.event["id"])
    missing = None
    if made.meet is Meet.TO_COME:
        missing = MeetLinkMissing("Google is still making the Meet link")
    invited = [each for each in virtual_class.guests if is_guest(made.event, each)]
    booked = writes.booked(
        event_id=made.event["id"],
        html_link=made.event.get("htmlLink"),
        meet_link=meet.link(made.event),
        is_link_to_come=missing is not None,
        student_invited=virtual_class.student_email in invited,
        guests=invited,
        fingerprint=virtual_class.fingerprint,
    )
    failure = writes.failed(missing, claim.document.failing_since) if missing else {}
    claim.finish({**booked, **failure}, deadline)
    _log_notices(claim.document.reading.left_out, virtual_class, invited)
    return missing


def record_failure(claim: Claim, error: ServiceError, deadline: Deadline) -> None:
    """Tries to write the failure on the class; if that fails, the claim expires by itself."""
    try:
        claim.fail(error, deadline)
    except (ServiceError, ClaimLost):
        log.note(failureRecorded=False)


def _log_notices(
    left_out: Sequence[str], virtual_class: VirtualClass, invited: Sequence[str]
) -> None:
    """Logs what an operator should know but the caller is not told."""
    student, seats = virtual_class.student_email, virtual_class.max_participants
    if left_out:
        log.note(leftOut=list(left_out))
        log.notice("field_left_out", severity="WARNING")
    if student not in invited:
        log.notice("student_not_invited")
    if any(each not in (*invited, student) for each in virtual_class.guests):
        log.notice("participant_not_invited")
    if virtual_class.class_type is ClassType.GROUP and seats and len(virtual_class.guests) > seats:
        log.notice("more_guests_than_seats")
