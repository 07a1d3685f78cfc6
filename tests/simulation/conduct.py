"""What every call and every answer of a schedule must keep to."""

from collections.abc import Iterator

from shared.deadline import RECORD_RESERVE_SECONDS
from tests.simulation.history import NEVER, History
from tests.simulation.schedule import COMMITS

_JUST_NOW_SECONDS = 1.0
_MILLISECOND = 0.001
_BUSY_SECONDS = 3.0
"""How much later than it should an answer comes where times are not exact."""
_ANSWERS = {
    "ok": 200, "class_not_bookable": 409, "calendar_unavailable": 503, "store_unavailable": 503,
    "creation_in_progress": 503, "meet_link_missing": 503, "reauthorization_required": 503,
}  # fmt: skip
"""What create_event may answer under the faults of a schedule."""


def claim_seen_before_write(history: History) -> Iterator[str]:
    """Whoever writes to the Calendar has seen its claim on the document within a second."""
    tokens = {(call.delivery, call.token) for call in history.calls if call.token}
    for write in history.calls if history.is_exact else ():
        if not write.is_calendar_write or write.instance in history.instances_of("STOP", "FREEZE"):
            continue
        if write.sent_at > history.lease_end(write):
            yield f"{write.operation} at {write.sent_at:.3f} after the lease"
        own = [call for call in history.calls if call.delivery == write.delivery]
        before = [call for call in own if call.ended_at <= write.sent_at]
        last = before[-1] if before else write
        if last.ended_at == write.sent_at and (last.operation == "token" or last.outcome == "401"):
            continue  # it is sent again, at once: only its access token was refused
        seen = [
            call.ended_at
            for call in before
            if call.outcome == "OK"
            if call.operation in COMMITS or (call.delivery, call.token_seen) in tokens
        ]
        if write.sent_at - max(seen, default=-9.0) > _JUST_NOW_SECONDS + _MILLISECOND:
            yield f"{write.operation} at {write.sent_at:.3f} without having seen the claim"


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
    slack = _MILLISECOND if history.is_exact else _BUSY_SECONDS
    for attempt in history.attempts:
        is_late = attempt.seconds > history.schedule.budget + slack
        if is_late and attempt.instance not in stopped:
            yield f"delivery {attempt.number} took {attempt.seconds:.3f} s"


def generation_never_lowered(history: History) -> Iterator[str]:
    generations = [each.generation for each in history.commits if each.generation is not None]
    if generations != sorted(generations):
        yield f"generations {generations}"


def no_overlapping_inserts(history: History) -> Iterator[str]:
    """While an insert is in flight and its worker's lease runs, no other worker sends one; a
    worker that was suspended may, and Google refuses it."""
    inserts = [call for call in history.calls if call.operation == "insert"]
    for first in [] if history.instances_of("STOP", "FREEZE") else inserts:
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
    for attempt in [each for each in history.attempts if each.status == 200]:
        if min(records, default=NEVER) > attempt.ended_at:
            yield f"200 at {attempt.ended_at:.3f} before a record"
        edits = [each for each in history.of("cancel", "revive") if each.at < attempt.ended_at]
        if edits and edits[-1].kind == "cancel" and edits[-1].at < attempt.started_at:
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
