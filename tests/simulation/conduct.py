"""What every call and every answer of a schedule must keep to."""

from collections.abc import Iterator

from shared.deadline import RECORD_RESERVE_SECONDS
from tests.simulation.agreement import differences
from tests.simulation.history import NEVER, Call, History, State
from tests.simulation.schedule import COMMITS

_JUST_NOW_SECONDS = 1.0
_MILLISECOND = 0.001
_ANSWERS = {
    "ok": 200,
    "class_not_bookable": 409,
    "calendar_unavailable": 503,
    "store_unavailable": 503,
    "creation_in_progress": 503,
    "meet_link_missing": 503,
    "reauthorization_required": 503,
}
"""What create_event may answer under the faults of a schedule."""


def claim_seen_before_write(history: History) -> Iterator[str]:
    """Whoever writes to the Calendar has seen its claim on the document within a second."""
    tokens = {(call.delivery, call.token) for call in history.calls if call.token}
    for write in history.calls:
        if not write.is_calendar_write or write.instance in history.suspended:
            continue
        seen = [
            call.ended_at
            for call in history.calls
            if call.delivery == write.delivery and call.outcome == "OK"
            if call.operation in COMMITS or (call.delivery, call.token_seen) in tokens
            if call.ended_at <= write.sent_at
        ]
        if _begun_at(write, history) - max(seen, default=-9.0) > _JUST_NOW_SECONDS + _MILLISECOND:
            yield f"{write.operation} at {write.sent_at:.3f} without having seen the claim"
        if write.sent_at > history.lease_end(write):
            yield f"{write.operation} at {write.sent_at:.3f} after the lease"


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
    stopped = history.instances_of("STOP")
    for attempt in history.attempts:
        is_late = attempt.seconds > history.schedule.budget + history.slack
        if is_late and attempt.instance not in stopped:
            yield f"delivery {attempt.number} took {attempt.seconds:.3f} s"


def generation_never_lowered(history: History) -> Iterator[str]:
    generations = [each.generation for each in history.commits if each.generation is not None]
    if generations != sorted(generations):
        yield f"generations {generations}"


def recorded_as_done(history: History) -> Iterator[str]:
    """A record tells of what was done: when it is written, the event stands as it says."""
    for commit in [] if history.has_outlasted_lease else history.commits:
        if state := commit.state:
            told = _untrue(history, state) if commit.operation == "record" else _left_over(state)
            yield from (f"at {state.at:.3f} {text}" for text in told)


def _untrue(history: History, state: State) -> Iterator[str]:
    recorded = state.document.get("googleEventId")
    if recorded not in [event["id"] for event in state.events]:
        yield "an event is recorded that was not made"
    for event in state.live_events:
        if event["id"] == recorded:
            yield from differences(history, state, event)


def _left_over(state: State) -> Iterator[str]:
    if state.live_events:
        yield "a withdrawal is recorded and an event stands"


def no_overlapping_inserts(history: History) -> Iterator[str]:
    """While an insert is in flight and its worker's lease runs, no other worker sends one; a
    worker that was suspended may, and Google refuses it."""
    inserts = [call for call in history.calls if call.operation == "insert"]
    for first in [] if history.suspended else inserts:
        until = max((at for at in (first.ended_at, first.effect_at) if at < NEVER), default=0.0)
        until = min(until, history.lease_end(first))
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
    records = [each.effect_at for each in history.commits if each.operation == "record"]
    for attempt in history.attempts:
        if attempt.status != 200:
            continue
        if min(records, default=NEVER) > attempt.ended_at:
            yield f"200 at {attempt.ended_at:.3f} before a record"
        edits = [each for each in history.of("cancel", "revive") if each.at < attempt.ended_at]
        if edits and edits[-1].trouble.kind == "cancel" and edits[-1].at < attempt.started_at:
            yield f"200 at {attempt.ended_at:.3f} for a cancelled class"


def documented_answers(history: History) -> Iterator[str]:
    """Those that the faults met can explain; only an instance that was ended gives none."""
    is_confused = any(call.fault == "other_id" for call in history.calls)
    answers = _ANSWERS | ({"calendar_rejected": 502} if is_confused else {})
    ended = history.instances_of("KILL", "TERM")
    for attempt in history.attempts:
        is_known = answers.get(attempt.code) == attempt.status
        if attempt.status is None:
            is_known = attempt.instance in ended
        elif attempt.code == "class_not_bookable":
            is_known = is_known and bool(history.of("cancel"))
        if not is_known:
            yield f"{attempt.status} {attempt.code} {attempt.cause}"
