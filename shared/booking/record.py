"""Records a booking on the class."""

from collections.abc import Sequence

from shared import log
from shared.booking.claim import Claim
from shared.calendar import guests, meet
from shared.calendar.event import Event
from shared.classes import writes
from shared.classes.virtual_class import ClassType, VirtualClass
from shared.errors import MeetLinkMissing


def record(claim: Claim, virtual_class: VirtualClass, event: Event, is_link_to_come: bool) -> None:
    """Writes the record of a booked class and its event, and releases the claim. Raises what
    `Claim.finish` raises, and then MeetLinkMissing if the event's link is still to come."""
    listed = guests.addresses(event)
    invited = [each for each in virtual_class.guests if each.lower() in listed]
    log.note(eventId=event["id"])
    _log_notices(claim.document.reading.left_out, virtual_class, invited)
    outcome = writes.booked(
        virtual_class,
        event_id=event["id"],
        html_link=event.get("htmlLink"),
        meet_link=writes.Mark.REMOVED if is_link_to_come else meet.link(event),
        guests=invited,
    )
    if not is_link_to_come:
        claim.finish(outcome)
        return
    missing = MeetLinkMissing("Google is still making the Meet link")
    claim.finish({**outcome, **writes.failed(missing, claim.document.failing_since)})
    raise missing


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
