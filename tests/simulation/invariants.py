"""What must hold of every schedule, whatever went wrong in it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.simulation import conduct
from tests.simulation.agreement import disagreements
from tests.simulation.history import History


@dataclass(frozen=True)
class Violation:
    invariant: str
    text: str


_GUESTS = ("guests is", "invitedEmails is", "studentInvited is")
"""What a write that takes effect after its lease may leave wrong: it looks as if somebody had
changed the guests by hand."""


def kept_when_answered(history: History) -> Iterator[str]:
    """Once a delivery that saw the class as it is now was answered finally and nothing is under
    way any more, calendar, record and class agree, before anybody heals."""
    if history.quiet is None or history.has_outlasted_lease:
        return
    deliveries = history.attempts[: history.healing]
    if any(each.is_final and history.seen_at(each) > history.edited_at for each in deliveries):
        yield from disagreements(history, history.quiet)


def healed_by_delivery(history: History) -> Iterator[str]:
    """One more delivery, once all is quiet, brings everything in line."""
    if history.healed is None:
        return
    final = history.attempts[-1]
    if final.status != (409 if history.healed.is_cancelled else 200):
        yield f"the last delivery was answered {final.status} {final.code}"
    elif not history.has_outlasted_lease:
        yield from disagreements(history, history.healed)


def mended_by_repair(history: History) -> Iterator[str]:
    """The scheduled repair alone brings a class in line of which anything is left, also what a
    write has done that took effect after its lease. What somebody may have meant, it names."""
    state = history.repaired
    if not state or not history.quiet or "event_deleted" in history.found_by_repair:
        return
    if not history.quiet.may_be_out_of_line and not history.has_outlasted_lease:
        return
    if not state.is_at_rest:
        yield "a claim or an error is left"
    for text in disagreements(history, state):
        if not (history.has_outlasted_lease and text.startswith(_GUESTS)):
            yield text


def one_invitation(history: History) -> Iterator[str]:
    """Google was asked at most once to invite an address to an event."""
    invitations = Counter(
        (mail["event_id"], mail["attendee"])
        for mail in history.mails
        if mail["kind"] == "invitation"
    )
    for (event_id, address), times in invitations.items():
        if times > 1:
            yield f"{address} was invited {times} times to {event_id[:8]}"


Invariant = Callable[[History], Iterator[str]]

OF_PROCESSES: Sequence[Invariant] = (
    kept_when_answered,
    healed_by_delivery,
    one_invitation,
    conduct.answered_in_time,
    conduct.generation_never_lowered,
    conduct.no_overlapping_inserts,
    conduct.no_live_claim_replaced,
    conduct.no_early_success,
    conduct.documented_answers,
)
"""Those that need not know whose each call is."""

INVARIANTS: Sequence[Invariant] = (
    *OF_PROCESSES,
    mended_by_repair,
    conduct.claim_seen_before_write,
    conduct.nothing_written_in_reserve,
    conduct.recorded_as_done,
)


def violations(
    histories: Sequence[History], invariants: Sequence[Invariant] = INVARIANTS
) -> list[Violation]:
    return [
        Violation(invariant.__name__, text)
        for history in histories
        for invariant in invariants
        for text in invariant(history)
    ]
