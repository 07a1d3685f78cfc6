"""What must hold of every schedule, whatever went wrong in it."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.deadline import RECORD_RESERVE_SECONDS
from tests.simulation.history import Call, Document, History, State
from tests.simulation.schedule import GUEST_EDITS

_JUST_NOW_SECONDS = 1.0
_MILLISECOND = 0.001
DOCUMENTED = {
    "ok": 200,
    "class_not_bookable": 409,
    "calendar_unavailable": 503,
    "store_unavailable": 503,
    "creation_in_progress": 503,
    "meet_link_missing": 503,
    "reauthorization_required": 503,
}
"""What create_event may answer under the faults of a schedule."""

Invariant = Callable[[History], Iterator[str]]


@dataclass(frozen=True)
class Violation:
    invariant: str
    text: str


def violations(
    history: History, invariants: tuple[Invariant, ...] | None = None
) -> list[Violation]:
    return [
        Violation(invariant.__name__, text)
        for invariant in invariants or INVARIANTS
        for text in invariant(history)
    ]


# The promise: once all is quiet, once it is healed, once it is repaired.


def kept_when_answered(history: History) -> Iterator[str]:
    """Once a delivery that saw the class as it is now was answered finally and nothing is under
    way any more, calendar, record and class agree, before anybody heals."""
    if history.quiet is None or history.has_outlasted_lease:
        return
    edited_at = max((edit.at for edit in history.school_edits), default=-1.0)
    if any(
        attempt.is_final and history.seen_at(attempt) > edited_at
        for attempt in history.attempts[: history.healing]
    ):
        yield from _disagreements(history, history.quiet)


def healed_by_delivery(history: History) -> Iterator[str]:
    """One more delivery, once all is quiet, brings everything in line."""
    if history.healed is None:
        return
    final = history.attempts[-1]
    if final.status != (409 if history.healed.is_cancelled else 200):
        yield f"the last delivery was answered {final.status} {final.code}"
    elif not history.has_outlasted_lease:
        yield from _disagreements(history, history.healed)


def mended_by_repair(history: History) -> Iterator[str]:
    """What a write has done that took effect after its lease, the repair mends, or names if
    somebody may have meant it."""
    if history.repaired and "event_deleted" not in history.found_by_repair:
        yield from _disagreements(history, history.repaired)


def one_invitation(history: History) -> Iterator[str]:
    """Google was asked at most once to invite an address to an event."""
    state = history.healed or history.quiet
    mails = [mail for mail in state.mails if mail[0] == "invitation"] if state else []
    for (_, event_id, address), times in Counter(mails).items():
        if times > 1:
            yield f"{address} was invited {times} times to {event_id[:8]}"


def _disagreements(history: History, state: State) -> Iterator[str]:
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


def _is_left_over(history: History, state: State) -> bool:
    """Whether a delivery was answered finally having seen all that is written on the class."""
    written_at = max((commit.effect_at for commit in history.commits_until(state.at)), default=0.0)
    return any(
        attempt.is_final and history.seen_at(attempt) >= written_at
        for attempt in history.attempts
        if attempt.ended_at is not None and attempt.ended_at <= state.at
    )


def _is_deleted_by_hand(history: History, state: State) -> bool:
    """Whether somebody deleted the recorded event, and the class says what was recorded of it:
    the teacher may have meant it, and it stays so."""
    recorded = [
        commit.state.content
        for commit in history.commits_until(state.at)
        if commit.is_record and commit.state
    ]
    deleted = [edit.subject for edit in history.of("delete_event") if edit.at <= state.at]
    is_deleted = state.document.get("googleEventId") in deleted
    return is_deleted and recorded[-1:] == [state.content]


def _differences(history: History, state: State, event: Document) -> Iterator[str]:
    document = state.document
    guests = {guest["email"] for guest in event.get("attendees", [])}
    wanted = state.guests - (_may_be_left_out(history, state) - guests)
    pairs: dict[str, tuple[Any, Any]] = {
        "googleEventId": (document.get("googleEventId"), event["id"]),
        "htmlLink": (document.get("htmlLink"), event["htmlLink"]),
        "studentInvited": (
            document.get("studentInvited"),
            document["studentEmail"] in guests,
        ),
        "start": (_instant(event["start"]), document["startTime"]),
        "end": (_instant(event["end"]), document["endTime"]),
        "guests": (sorted(guests), sorted(wanted)),
    }
    if state.is_at_rest:
        pairs["invitedEmails"] = (sorted(document["invitedEmails"]), sorted(guests))
    if "meetLink" in document or state.is_quiet:
        pairs["meetLink"] = (document.get("meetLink"), event.get("hangoutLink"))
    for name, (actual, should) in pairs.items():
        if actual != should:
            yield f"{name} is {actual}, should be {should}"


def _may_be_left_out(history: History, state: State) -> set[str]:
    """The addresses that Google refuses, or refused once since they stand on the class."""
    refusals = [call.sent_at for call in history.calls if call.fault == "refuse_attendees"]
    return {
        address
        for address in state.guests
        if address in history.schedule.refused_emails
        or any(_on_class_since(address, history, state) <= at <= state.at for at in refusals)
    }


def _on_class_since(address: str, history: History, state: State) -> float:
    since = 0.0
    for edit in history.of(*GUEST_EDITS):
        if edit.at > state.at:
            break
        if edit.state is None or address not in edit.state.guests:
            since = float("inf")
        elif since == float("inf"):
            since = edit.at
    return since


def _instant(moment: Document) -> datetime:
    return datetime.fromisoformat(moment["dateTime"])


# What every call and every answer must keep to.


def claim_seen_before_write(history: History) -> Iterator[str]:
    """Whoever writes to the Calendar has seen its claim on the document within a second."""
    tokens = {(c.delivery, c.write.token) for c in history.calls if c.write and c.write.token}
    for write in history.calls:
        if not write.is_calendar_write or write.instance in history.suspended:
            continue
        seen = [
            call.ended_at
            for call in history.calls
            if call.delivery == write.delivery and call.outcome == "OK"
            if call.write or (call.delivery, call.token_seen) in tokens
            if call.ended_at is not None and call.ended_at <= write.sent_at
        ]
        if _begun_at(write, history) - max(seen, default=-9.0) > _JUST_NOW_SECONDS + _MILLISECOND:
            yield f"{write.operation} at {write.sent_at:.3f} without having seen the claim"


def _begun_at(write: Call, history: History) -> float:
    """When a write was first sent: it is sent again once its access token was refused."""
    at = write.sent_at
    for call in reversed(history.calls):
        is_before = call.delivery == write.delivery and call.ended_at == at
        if is_before and (call.operation == "token" or call.outcome == "401"):
            at = call.sent_at
    return at


def nothing_written_in_reserve(history: History) -> Iterator[str]:
    """The end of the budget is the document's."""
    started = {attempt.number: attempt.clock_at for attempt in history.attempts}
    latest = history.schedule.budget - RECORD_RESERVE_SECONDS
    for call in history.calls:
        if call.is_calendar_write and call.delivery in started:
            spent = call.clock_at - started[call.delivery]
            if spent > latest + _MILLISECOND:
                yield f"{call.operation} at {call.sent_at:.3f}, {spent:.3f} s into the budget"


def answered_in_time(history: History) -> Iterator[str]:
    """By the instance's own clock; time that it was stopped while its clock ran is not ours."""
    stopped = {each.instance for each in history.of("STOP")}
    for attempt in history.attempts:
        is_late = attempt.seconds > history.schedule.budget + _MILLISECOND
        if is_late and attempt.instance not in stopped:
            yield f"delivery {attempt.number} took {attempt.seconds:.3f} s"


def generation_never_lowered(history: History) -> Iterator[str]:
    written = [each.write.generation for each in history.commits]
    generations = [generation for generation in written if generation is not None]
    if generations != sorted(generations):
        yield f"generations {generations}"


def recorded_as_done(history: History) -> Iterator[str]:
    """A record tells of what was done: when it is written, the event stands as it says."""
    for commit in [] if history.has_outlasted_lease else history.commits:
        if state := commit.state:
            told = _untrue(history, state) if commit.is_record else _left_over(state)
            yield from (f"at {state.at:.3f} {text}" for text in told)


def _untrue(history: History, state: State) -> Iterator[str]:
    recorded = state.document.get("googleEventId")
    if recorded not in [event["id"] for event in state.events]:
        yield "an event is recorded that was not made"
    for event in state.live_events:
        if event["id"] == recorded:
            yield from _differences(history, state, event)


def _left_over(state: State) -> Iterator[str]:
    if state.live_events:
        yield "a withdrawal is recorded and an event stands"


def no_overlapping_inserts(history: History) -> Iterator[str]:
    """While an insert is in flight and its worker's lease runs, no other worker sends one; a
    worker that was suspended may, and Google refuses it."""
    inserts = [call for call in history.calls if call.operation == "insert"]
    for first in [] if history.suspended else inserts:
        flight_end = max(first.ended_at or 0.0, first.effect_at or 0.0)
        until = min(flight_end, history.lease_end(first.sent_at))
        for second in inserts:
            if second.delivery != first.delivery and first.sent_at <= second.sent_at < until:
                yield f"inserts overlap at {second.sent_at:.3f}"


def no_live_claim_replaced(history: History) -> Iterator[str]:
    """A claim is taken over only after its lease has run out."""
    for held, claim in history.takeovers():
        early = held.expires_at - claim.effect_at
        if early > _MILLISECOND:
            yield f"a claim with {early:.2f} s left was replaced"


def no_early_success(history: History) -> Iterator[str]:
    """When 200 is answered, a record stands, and the class was not cancelled all the time."""
    recorded_at = min((each.effect_at for each in history.commits if each.is_record), default=9e9)
    for attempt in history.attempts:
        if attempt.status != 200 or attempt.ended_at is None:
            continue
        if recorded_at > attempt.ended_at:
            yield f"200 at {attempt.ended_at:.3f} before a record"
        edits = [each for each in history.of("cancel", "revive") if each.at < attempt.ended_at]
        if edits and edits[-1].what == "cancel" and edits[-1].at < attempt.started_at:
            yield f"200 at {attempt.ended_at:.3f} for a cancelled class"


def documented_answers(history: History) -> Iterator[str]:
    for attempt in history.attempts:
        is_known = DOCUMENTED.get(attempt.code) == attempt.status
        is_refused = attempt.code == "class_not_bookable" and not history.of("cancel")
        if attempt.status is not None and (not is_known or is_refused):
            yield f"{attempt.status} {attempt.code} {attempt.cause}"


INVARIANTS: tuple[Invariant, ...] = (
    kept_when_answered,
    healed_by_delivery,
    mended_by_repair,
    one_invitation,
    claim_seen_before_write,
    nothing_written_in_reserve,
    answered_in_time,
    generation_never_lowered,
    recorded_as_done,
    no_overlapping_inserts,
    no_live_claim_replaced,
    no_early_success,
    documented_answers,
)
