"""Records on a class what came of its event."""

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
    """Writes the record and gives up the claim. Returns what the caller is to be told although
    the event stands. Raises as `Claim.finish` does."""
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
    _tell(claim.document.reading.left_out, virtual_class, invited)
    return missing


def record_failure(claim: Claim, error: ServiceError, deadline: Deadline) -> None:
    """Tells the failure on the class, as far as that works: a claim that stays expires."""
    try:
        claim.fail(error, deadline)
    except (ServiceError, ClaimLost):
        log.note(failureRecorded=False)


def _tell(left_out: Sequence[str], virtual_class: VirtualClass, invited: Sequence[str]) -> None:
    """What the caller is not told and an operator should know."""
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
