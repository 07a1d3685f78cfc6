"""What must hold of every schedule, whatever went wrong in it."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.deadline import RECORD_RESERVE_SECONDS
from tests.simulation.history import Attempt, Call, Document, History, State
from tests.simulation.schedule import GUEST_EDITS, SCHOOL_EDITS

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


@dataclass(frozen=True)
class Violation:
    invariant: str
    text: str


def violations(history: History) -> list[Violation]:
    return [
        Violation(invariant.__name__, text)
        for invariant in _INVARIANTS
        for text in invariant(history)
    ]


# The promise: once all is quiet, and again once it is healed.


def kept_when_answered(history: History) -> Iterator[str]:
    """Once a delivery that saw the class as it is now was answered 200 (or that it is cancelled)
    and nothing is under way any more, calendar, record and class agree, before anybody heals."""
    state = history.quiet
    if state is None or history.has_outlasted_lease:
        return
    if any(_is_final_for(attempt, history) for attempt in history.attempts[: history.healing]):
        yield from _disagreements(history, state)


def healed_by_delivery(history: History) -> Iterator[str]:
    """One more delivery, once all is quiet, brings everything in line."""
    if history.healed is None:
        return
    final = history.attempts[-1]
    wanted = 409 if _is_cancelled(history.healed) else 200
    if final.status != wanted:
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
    for state in filter(None, [history.healed or history.quiet]):
        mails = Counter((mail[1], mail[2]) for mail in state.mails if mail[0] == "invitation")
        for (event_id, address), times in mails.items():
            if times > 1:
                yield f"{address} was invited {times} times to {event_id[:8]}"


def _disagreements(history: History, state: State) -> Iterator[str]:
    document, live = state.document, state.live_events
    if not _is_at_rest(document) and _is_seen_by_final(history, state):
        yield "a claim or an error is left"
    if _is_cancelled(state):
        if live:
            yield f"{len(live)} live events of a cancelled class"
        if "googleEventId" in document or "meetLink" in document:
            yield "a booking is recorded for a cancelled class"
        return
    if not document.get("calendarFingerprint") or document.get("status") != "scheduled":
        yield "no booking is recorded"
    if len(live) > 1 or (not live and not _is_deleted_by_hand(history, state)):
        yield f"{len(live)} live events"
    for event in live:
        yield from _differences(history, state, event)


def _is_at_rest(document: Document) -> bool:
    return document.keys().isdisjoint({"calendarClaim", "calendarError"})


def _is_seen_by_final(history: History, state: State) -> bool:
    """Whether a delivery was answered finally having seen all that is written on the class."""
    commits = [
        each.effect_at or 0.0 for each in history.commits if (each.effect_at or 0) <= state.at
    ]
    return any(
        attempt.is_final and _seen_at(attempt, history) >= max(commits, default=0.0)
        for attempt in history.attempts
        if attempt.ended_at is not None and attempt.ended_at <= state.at
    )


def _differences(history: History, state: State, event: Document) -> Iterator[str]:
    document = state.document
    guests = {guest["email"] for guest in event.get("attendees", [])}
    wanted = _guests(document) - (_may_be_left_out(history, state) - guests)
    pairs: dict[str, tuple[Any, Any]] = {
        "googleEventId": (document.get("googleEventId"), event["id"]),
        "htmlLink": (document.get("htmlLink"), event["htmlLink"]),
        "studentInvited": (document.get("studentInvited"), document["studentEmail"] in guests),
        "start": (_instant(event["start"]), document["startTime"]),
        "end": (_instant(event["end"]), document["endTime"]),
        "guests": (sorted(guests), sorted(wanted)),
    }
    if "meetLink" in document or state.is_quiet:
        pairs["meetLink"] = (document.get("meetLink"), event.get("hangoutLink"))
    if "invitedEmails" in document and _is_at_rest(document):
        pairs["invitedEmails"] = (sorted(document["invitedEmails"]), sorted(guests))
    for name, (actual, wanted) in pairs.items():
        if actual != wanted:
            yield f"{name} is {actual}, should be {wanted}"


def _is_final_for(attempt: Attempt, history: History) -> bool:
    """Whether it was answered finally, having seen the class as it is now."""
    changed_at = max((edit.at for edit in history.of(*SCHOOL_EDITS)), default=-1.0)
    return attempt.is_final and _seen_at(attempt, history) > changed_at


def _seen_at(attempt: Attempt, history: History) -> float:
    """When a delivery saw the class last: when it recorded the outcome, or else when it looked."""
    own = [call for call in history.calls if call.delivery == attempt.number and call.effect_at]
    records = [call for call in own if call.operation in ("record", "withdrawal")]
    looks = [call for call in own if call.is_of_store and call.outcome == "OK"]
    return max((call.effect_at or 0.0 for call in records or looks), default=-2.0)


def _is_cancelled(state: State) -> bool:
    return bool(state.document["status"] == "cancelled")


def _is_deleted_by_hand(history: History, state: State) -> bool:
    """Whether somebody deleted the recorded event, and the class says what was recorded of it:
    the teacher may have meant it, and it stays so."""
    records = [call.state for call in history.commits if call.operation == "record" and call.state]
    recorded = [each for each in records if each.at <= state.at][-1:]
    if not recorded or _content(recorded[0].document) != _content(state.document):
        return False
    deleted = [edit.subject for edit in history.of("delete_event") if edit.at <= state.at]
    return state.document.get("googleEventId") in deleted


def _content(document: Document) -> list[Any]:
    is_cancelled = document["status"] == "cancelled"
    return [document["startTime"], document["endTime"], _guests(document), is_cancelled]


def _may_be_left_out(history: History, state: State) -> set[str]:
    """The addresses that Google refuses, or refused once since they stand on the class."""
    refusals = [call.sent_at for call in history.calls if call.fault == "refuse_attendees"]
    return {
        address
        for address in _guests(state.document)
        if address in history.schedule.refused_emails
        or any(_on_class_since(address, history, state) <= at <= state.at for at in refusals)
    }


def _on_class_since(address: str, history: History, state: State) -> float:
    since = 0.0
    edits = [edit for edit in history.of(*GUEST_EDITS) if edit.at <= state.at]
    for edit in edits:
        if address not in _guests(edit.content):
            since = float("inf")
        elif since == float("inf"):
            since = edit.at
    return since


def _guests(document: Document) -> set[str]:
    return {document["studentEmail"], *document["participantEmails"]}


# What every call and every answer must keep to.


def claim_seen_before_write(history: History) -> Iterator[str]:
    """Whoever writes to the Calendar has seen its claim on the document within a second."""
    suspended = {each.instance for each in history.of("STOP", "FREEZE")}
    tokens = {(c.delivery, c.write.token) for c in history.calls if c.write and c.write.token}
    for write in history.calls:
        if not write.is_calendar_write or write.instance in suspended:
            continue
        seen = [
            call.ended_at
            for call in history.calls
            if call.delivery == write.delivery
            and call.ended_at is not None
            and call.ended_at <= write.sent_at
            and _shows(call, tokens)
        ]
        at = write.sent_at - _seconds_for_tokens(history, write)
        if not seen or at - max(seen) > _JUST_NOW_SECONDS + _MILLISECOND:
            yield f"{write.operation} at {write.sent_at:.3f} without having seen the claim"


def _seconds_for_tokens(history: History, write: Call) -> float:
    """How long the delivery waited for access tokens right before a write."""
    at = write.sent_at
    for call in reversed(history.calls):
        if call.delivery == write.delivery and call.ended_at == at and call.operation == "token":
            at = call.sent_at
    return write.sent_at - at


def _shows(call: Call, tokens: set[tuple[int, str]]) -> bool:
    """Whether a call's answer showed its delivery's own token, or was to a write of its holder."""
    if call.outcome != "OK":
        return False
    return (call.delivery, call.token_seen) in tokens or call.write is not None


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
        if attempt.seconds > history.schedule.budget + _MILLISECOND:
            if attempt.instance not in stopped:
                yield f"delivery {attempt.number} took {attempt.seconds:.3f} s"


def generation_never_lowered(history: History) -> Iterator[str]:
    highest = 0
    for commit in history.commits:
        assert commit.write
        if commit.write.generation is not None:
            if commit.write.generation < highest:
                yield f"generation {commit.write.generation} after {highest}"
            highest = max(highest, commit.write.generation)


def recorded_as_done(history: History) -> Iterator[str]:
    """A record tells of what was done: when it is written, the event stands as it says."""
    if history.has_outlasted_lease:
        return
    for commit in history.commits:
        if state := commit.state:
            told = _untrue(history, state) if commit.operation == "record" else _left_over(state)
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
    """While an insert is in flight and its worker's lease runs, no other worker sends one."""
    if history.of("STOP", "FREEZE"):
        return  # a worker may sleep past its lease: Google refuses the second insert
    inserts = [call for call in history.calls if call.operation == "insert"]
    for first in inserts:
        lease_end = history.lease_end(first.sent_at)
        flight_end = max(first.ended_at or 0.0, first.effect_at or 0.0)
        for second in inserts:
            if second.delivery != first.delivery:
                if first.sent_at <= second.sent_at < min(flight_end, lease_end):
                    yield f"inserts overlap at {second.sent_at:.3f}"


def no_live_claim_replaced(history: History) -> Iterator[str]:
    """A claim is taken over only after its lease has run out."""
    for held, claim in history.takeovers():
        assert held.write and claim.effect_at is not None
        early = held.write.expires_at - claim.effect_at
        if early > _MILLISECOND:
            yield f"a claim with {early:.2f} s left was replaced"


def no_early_success(history: History) -> Iterator[str]:
    """When 200 is answered, the class as it was when the delivery began stands recorded."""
    records = [call.effect_at for call in history.commits if call.operation == "record"]
    for attempt in history.attempts:
        if attempt.status != 200 or attempt.ended_at is None:
            continue
        if not any(at is not None and at <= attempt.ended_at for at in records):
            yield f"200 at {attempt.ended_at:.3f} before a record"
        seen = [each for each in history.of("cancel", "revive") if each.at < attempt.ended_at]
        if seen and seen[-1].what == "cancel" and seen[-1].at < attempt.started_at:
            yield f"200 at {attempt.ended_at:.3f} for a cancelled class"


def documented_answers(history: History) -> Iterator[str]:
    for attempt in history.attempts:
        if attempt.status is None:
            continue
        if DOCUMENTED.get(attempt.code) != attempt.status:
            yield f"{attempt.status} {attempt.code} {attempt.cause}"
        elif attempt.code == "class_not_bookable" and not history.of("cancel"):
            yield "class_not_bookable, and it is"


def only_known_requests(history: History) -> Iterator[str]:
    """Nothing was sent to Google that it refuses as malformed, unless that was planned."""
    is_planned = history.schedule.meet or history.schedule.refused_emails
    for call in history.calls:
        if call.outcome == "400" and call.fault is None and not is_planned:
            yield f"{call.operation} at {call.sent_at:.3f} was refused"


def no_lost_delivery(history: History) -> Iterator[str]:
    """Only a delivery to an instance that was ended goes without an answer."""
    ended = {each.instance for each in history.of("KILL", "TERM")}
    for attempt in history.attempts:
        if attempt.status is None and attempt.instance not in ended:
            yield f"delivery {attempt.number} was not answered"


_INVARIANTS: tuple[Callable[[History], Iterator[str]], ...] = (
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
    only_known_requests,
    no_lost_delivery,
)


def _instant(moment: Document) -> datetime:
    return datetime.fromisoformat(moment["dateTime"])
