"""What must hold of every schedule, whatever went wrong in it."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.deadline import RECORD_RESERVE_SECONDS
from tests.campaign.history import Attempt, History
from tests.campaign.schedule import BUDGET_SECONDS
from tests.support.client import SUCCESS

DOCUMENTED = {
    "class_not_bookable": (409, False),
    "calendar_unavailable": (503, True),
    "store_unavailable": (503, True),
    "creation_in_progress": (503, True),
}
"""What create_event may answer under the faults of a campaign: status, `retryable`."""


@dataclass(frozen=True)
class Violation:
    invariant: str
    text: str


def violations(history: History, slack_seconds: float) -> list[Violation]:
    """`slack_seconds` is how much later than the budget an answer may come."""
    found = [
        Violation(invariant.__name__, text)
        for invariant in _INVARIANTS
        for text in invariant(history)
    ]
    late = (Violation("answered_in_time", text) for text in _late(history, slack_seconds))
    return [*found, *late]


def answered_finally(history: History) -> Iterator[str]:
    """Once all is quiet, one more delivery is answered with what became of the class."""
    wanted = 409 if history.schedule.is_cancelled else 200
    if history.final.status != wanted or history.final.is_disturbed:
        yield f"the last delivery was answered {history.final.status} {history.final.code}"


def one_live_event(history: History) -> Iterator[str]:
    """Exactly one live event; none for a cancelled class, or where somebody deleted it."""
    live = history.live_events
    wanted = 0 if history.schedule.is_cancelled else 1
    if len(live) == wanted or (not live and _was_deleted_by_hand(history)):
        return
    yield f"{len(live)} live events: {', '.join(event['id'][:8] for event in live)}"


def event_matches(history: History) -> Iterator[str]:
    """The live event is at the class's time, with its student and its ids."""
    document = history.document
    for event in history.live_events:
        private = event["extendedProperties"]["private"]
        pairs = {
            "start": (_instant(event["start"]), document["startTime"]),
            "end": (_instant(event["end"]), document["endTime"]),
            "attendees": (_guests(event), [document["studentEmail"]]),
            "preferenceId": (private.get("preferenceId"), document["preferenceId"]),
        }
        for name, (actual, wanted) in pairs.items():
            if actual != wanted:
                yield f"{name} is {actual}, the class says {wanted}"


def one_invitation(history: History) -> Iterator[str]:
    """Google was asked at most once to invite an address to an event."""
    invited = Counter(
        (mail["event_id"], mail["attendee"])
        for mail in history.invitations
        if mail["kind"] == "invitation"
    )
    for (event_id, attendee), times in invited.items():
        if times > 1:
            yield f"{attendee} was invited {times} times to {event_id[:8]}"


def record_matches(history: History) -> Iterator[str]:
    """The document records the live event and nothing is left of the work; nothing at all is
    recorded for a cancelled class."""
    document = history.document
    for leftover in ("calendarClaim", "calendarError"):
        if leftover in document:
            yield f"{leftover} is left"
    if history.schedule.is_cancelled:
        if "googleEventId" in document or "meetLink" in document:
            yield "a booking is recorded for a cancelled class"
        return
    if not document.get("calendarFingerprint") or document.get("status") != "scheduled":
        yield "no booking is recorded"
    for event in history.live_events:
        pairs = {
            "googleEventId": event["id"],
            "meetLink": event.get("hangoutLink"),
            "htmlLink": event["htmlLink"],
            "studentInvited": True,
        }
        for name, wanted in pairs.items():
            if document.get(name) != wanted:
                yield f"{name} is {document.get(name)}, the event says {wanted}"


def no_overlapping_inserts(history: History) -> Iterator[str]:
    """While an insert is in flight and its worker's lease runs, no other worker sends one."""
    inserts = [entry for entry in history.google if entry["operation"] == "insert"]
    for first in inserts:
        lease_end = _lease_end(history, first["received_at"])
        flight_end = max(first["finished_at"], first["effect_at"] or 0)
        for second in inserts:
            if second["client"] == first["client"]:
                continue
            if first["received_at"] <= second["received_at"] < min(flight_end, lease_end):
                at = second["received_at"] - history.started_at
                yield f"inserts #{first['sequence']} and #{second['sequence']} overlap at {at:.3f}"


def no_live_claim_replaced(history: History) -> Iterator[str]:
    """A claim is taken over only after its lease has run out."""
    for held, claim in history.takeovers():
        assert held.write and claim.landed_at
        early = held.write.expires_at - (claim.landed_at + history.wall_offset)
        if early > 0:
            yield f"a claim with {early:.2f} s left was replaced"


def no_early_success(history: History) -> Iterator[str]:
    """When 200 is answered, the class as it was when the delivery began stands recorded."""
    records = [call.forwarded_at or 0.0 for call in history.commits if call.operation == "record"]
    for attempt in history.attempts:
        if attempt.status != 200:
            continue
        at = attempt.ended_at - history.started_at
        before = [each for each in history.happenings if each.until < attempt.started_at]
        if any(each.what == "cancel" for each in before):
            yield f"200 at {at:.3f} for a cancelled class"
        since = max((each.at for each in before if each.what in ("move", "email")), default=0.0)
        if not any(since < record < attempt.ended_at for record in records):
            yield f"200 at {at:.3f} before a record"


def documented_answers(history: History) -> Iterator[str]:
    """Every answer is one of the README's table that the faults can explain."""
    for attempt in history.attempts:
        if attempt.status is not None and not _is_documented(attempt, history):
            yield f"{attempt.status} {attempt.body[:200]!r}"


def explained_answers(history: History) -> Iterator[str]:
    """While there is time left, a service is called unavailable only if something is wrong with
    it."""
    is_cold = any(entry["operation"] == "secret" for entry in history.google)
    if is_cold or history.schedule.signals or history.schedule.line_faults:
        return
    faults = {
        "store_unavailable": [call for _, call in history.store if call.fault],
        "calendar_unavailable": [entry for entry in history.google if entry["fault"]],
    }
    for attempt in history.attempts:
        is_early = history.seconds_of(attempt) < BUDGET_SECONDS - RECORD_RESERVE_SECONDS
        if is_early and not faults.get(attempt.code, True):
            yield f"{attempt.code} without a fault"


def only_known_requests(history: History) -> Iterator[str]:
    """Nothing was sent to Google that its discovery document does not know."""
    for entry in history.google:
        if entry["status"] == 400 and entry["fault"] is None:
            yield f"{entry['operation']} #{entry['sequence']} was refused"


def no_lost_delivery(history: History) -> Iterator[str]:
    """Only a delivery to an instance that was ended goes without an answer."""
    ended = {each.instance for each in history.of("KILL", "TERM")}
    for attempt in history.attempts:
        if attempt.status is None and attempt.instance not in ended:
            yield f"{attempt.error} at {attempt.started_at - history.started_at:.3f}"


_INVARIANTS: tuple[Callable[[History], Iterator[str]], ...] = (
    answered_finally,
    one_live_event,
    event_matches,
    one_invitation,
    record_matches,
    no_overlapping_inserts,
    no_live_claim_replaced,
    no_early_success,
    documented_answers,
    explained_answers,
    only_known_requests,
    no_lost_delivery,
)


def _late(history: History, slack_seconds: float) -> Iterator[str]:
    """An answer comes within the budget; the time an instance was stopped does not count."""
    for attempt in history.attempts:
        seconds = history.seconds_of(attempt)
        if attempt.status is not None and seconds > BUDGET_SECONDS + slack_seconds:
            yield f"an answer took {seconds:.2f} s"


def _was_deleted_by_hand(history: History) -> bool:
    """Whether the recorded event was deleted by hand and the class not changed since: that the
    teacher may have meant, and it stays so."""
    for deletion in history.of("delete_event"):
        changes = [each for each in history.of("move", "email") if each.until > deletion.at]
        if deletion.subject == history.document.get("googleEventId") and not changes:
            return True
    return False


def _lease_end(history: History, at: float) -> float:
    """When the claim runs out that was in force at a moment; never if there was none."""
    ends = [float("inf")]
    for commit in history.commits:
        assert commit.write
        if commit.write.token and (commit.forwarded_at or 0.0) < at:
            ends.append(commit.write.expires_at - history.wall_offset)
    return ends[-1]


def _is_documented(attempt: Attempt, history: History) -> bool:
    answer = attempt.json
    if attempt.status == 200:
        return bool(answer == SUCCESS)
    if not isinstance(answer, dict) or DOCUMENTED.get(attempt.code) is None:
        return False
    if attempt.code == "class_not_bookable" and not history.of("cancel"):
        return False
    if attempt.status == 503 and int(attempt.headers.get("Retry-After", 0)) < 1:
        return False
    is_retryable = answer.get("retryable")
    return (attempt.status, is_retryable) == DOCUMENTED[attempt.code] and bool(answer.get("error"))


def _instant(moment: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(moment["dateTime"])


def _guests(event: dict[str, Any]) -> list[str]:
    return [guest["email"] for guest in event.get("attendees", [])]
