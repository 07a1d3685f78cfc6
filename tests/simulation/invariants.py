"""What must hold of every schedule, whatever went wrong in it: the promise, and all conduct."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from tests.simulation import conduct
from tests.simulation.history import History, State
from tests.simulation.schedule import SCHOOL_EDITS, Document


class Violation(NamedTuple):
    invariant: str
    text: str


_GUESTS = ("guests is", "invitedEmails is", "studentInvited is")
"""What a write that takes effect after its lease may leave wrong: it looks as if somebody had
changed the guests by hand."""


def kept_when_answered(history: History) -> Iterator[str]:
    """Once a delivery that saw the class as it is now was answered finally and nothing is under
    way any more, calendar, record and class agree, before anybody heals."""
    edited_at = max((edit.at for edit in history.of(*SCHOOL_EDITS)), default=-1.0)
    before = [each for each in history.attempts if each.started_at < history.quiet.at]
    is_answered = any(each.is_final and history.seen_at(each) > edited_at for each in before)
    if is_answered and not history.overdue:
        yield from disagreements(history, history.quiet)


def healed_by_delivery(history: History) -> Iterator[str]:
    """One more delivery, once all is quiet, brings everything in line."""
    final = history.attempts[-1]
    if final.status != (409 if history.healed.is_cancelled else 200):
        yield f"the last delivery was answered {final.status} {final.code}"
    elif not history.overdue:
        yield from disagreements(history, history.healed)


def mended_by_repair(history: History) -> Iterator[str]:
    """The scheduled repair alone brings a class in line of which anything is left, also what a
    write has done that took effect after its lease. What somebody may have meant, it names."""
    state, quiet = history.repaired, history.quiet
    if not state or (history.class_id, "event_deleted") in history.found_by_repair:
        return
    # Nothing tells it of a class that was withdrawn and is open again, nor of a cancelled one whose
    # event somebody has deleted.
    is_booked = "googleEventId" in quiet.document and not quiet.is_cancelled
    is_told = is_booked or quiet.live_events or not quiet.is_at_rest
    if not is_told and not history.overdue:
        return
    if not state.is_at_rest:
        yield "a claim or an error is left"
    for text in disagreements(history, state):
        if not (history.overdue and text.startswith(_GUESTS)):
            yield text


def one_invitation(history: History) -> Iterator[str]:
    """Within their leases, deliveries ask Google at most once to invite an address to an event."""
    ids = {event["id"] for event in history.healed.events}
    invitations = Counter(
        (mail["event_id"], mail["attendee"])
        for mail in history.mails
        if mail["kind"] == "invitation"
        if mail["event_id"] in ids and mail["at"] not in history.overdue
    )
    for (event_id, address), times in invitations.items():
        if times > 1:
            yield f"{address} was invited {times} times to {event_id[:8]}"


def recorded_as_done(history: History) -> Iterator[str]:
    """A record tells of what was done: when it is written, the event stands as it says."""
    is_told = history.is_exact and not history.overdue
    for state in [each.state for each in history.commits if each.state and is_told]:
        recorded = state.document.get("googleEventId")
        if recorded is None and state.live_events:
            yield f"at {state.at:.3f} a withdrawal is recorded and an event stands"
        if recorded and recorded not in [event["id"] for event in state.events]:
            yield f"at {state.at:.3f} an event is recorded that was not made"
        for event in state.live_events:
            if event["id"] == recorded:
                yield from _differences(history, state, event)


def disagreements(history: History, state: State) -> Iterator[str]:
    """Where calendar, record and class do not agree, but for what somebody may have meant."""
    document, live = state.document, state.live_events
    if not state.is_at_rest and _is_left_over(history, state):
        yield "a claim or an error is left"
    if state.is_cancelled:
        if live or "googleEventId" in document or "meetLink" in document:
            yield f"{len(live)} live events, or a record, of a cancelled class"
        return
    if not document.get("calendarFingerprint") or document.get("status") != "scheduled":
        yield "no booking is recorded"
    if len(live) > 1 or (not live and not _is_deleted_by_hand(history, state)):
        yield f"{len(live)} live events"
    for event in live:
        yield from _differences(history, state, event)
        if "meetLink" not in document and "hangoutLink" in event:
            yield "the Meet link is not recorded"


def _is_left_over(history: History, state: State) -> bool:
    """Whether a delivery was answered finally having seen all that is written on the class."""
    written_at = max((commit.effect_at for commit in history.commits_until(state.at)), default=0.0)
    ended = [attempt for attempt in history.attempts if attempt.ended_at <= state.at]
    return any(each.is_final and history.seen_at(each) >= written_at for each in ended)


def _is_deleted_by_hand(history: History, state: State) -> bool:
    """Whether somebody deleted the recorded event, and the class says what was recorded of it, as
    far as anybody can tell: the teacher may have meant it, and it stays so."""
    recorded = [
        commit.state.content
        for commit in history.commits_until(state.at)
        if commit.operation == "record" and commit.state
    ]
    deleted = [edit.subject for edit in history.of("delete_event") if edit.at <= state.at]
    is_deleted = state.document.get("googleEventId") in deleted
    # An edit may come between a real record and our look at it.
    return is_deleted and (recorded[-1:] == [state.content] or not history.is_exact)


def _differences(history: History, state: State, event: Document) -> Iterator[str]:
    """Where a live event is not what the class and its record say."""
    document = state.document
    guests = {guest["email"] for guest in event.get("attendees", [])}
    wanted = state.guests - (_may_be_left_out(history, state) - guests)
    pairs: dict[str, tuple[Any, Any]] = {
        "googleEventId": (document.get("googleEventId"), event["id"]),
        "htmlLink": (document.get("htmlLink"), event["htmlLink"]),
        "studentInvited": (document.get("studentInvited"), document["studentEmail"] in guests),
        "start": (datetime.fromisoformat(event["start"]["dateTime"]), document["startTime"]),
        "end": (datetime.fromisoformat(event["end"]["dateTime"]), document["endTime"]),
        "guests": (sorted(guests), sorted(wanted)),
    }
    if state.is_at_rest:
        pairs["invitedEmails"] = (sorted(document["invitedEmails"]), sorted(guests))
    if "meetLink" in document:
        pairs["meetLink"] = (document.get("meetLink"), event.get("hangoutLink"))
    for name, (actual, should) in pairs.items():
        if actual != should:
            yield f"{name} is {actual}, should be {should}"


def _may_be_left_out(history: History, state: State) -> set[str]:
    """The addresses that Google refuses, or was asked for in an insert that it refused."""
    refused = [
        address
        for call in history.calls
        if call.fault == "refuse_attendees" and call.sent_at <= state.at
        for address in call.guests
    ]
    return state.guests & {*refused, *history.schedule.refused_emails}


INVARIANTS = (
    kept_when_answered,
    healed_by_delivery,
    mended_by_repair,
    one_invitation,
    recorded_as_done,
    conduct.claim_seen_before_write,
    conduct.nothing_written_in_reserve,
    conduct.answered_in_time,
    conduct.generation_never_lowered,
    conduct.no_overlapping_inserts,
    conduct.no_live_claim_replaced,
    conduct.no_early_success,
    conduct.documented_answers,
)


def violations(histories: Iterable[History]) -> list[Violation]:
    return [
        Violation(invariant.__name__, text)
        for history in histories
        for invariant in INVARIANTS
        for text in invariant(history)
    ]
