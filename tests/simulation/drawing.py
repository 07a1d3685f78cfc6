"""Draws the schedule of a seed."""

import random
from typing import Any

from tests.simulation.schedule import (
    GUEST_EDITS,
    SCHOOL_EDITS,
    STORE_CALLS,
    CallFault,
    Delivery,
    Edit,
    Schedule,
    Signal,
    When,
)
from tests.simulation.school import CORRECTED, PARTICIPANTS, STUDENT

Calls = dict[str, int]
"""Operations, each with how likely it is to be chosen."""

_BUDGETS_AND_LEASES = (
    *(4 * ((2.5, 5.0),)), *(3 * ((2.0, 4.0),)), *(3 * ((4.0, 6.0),)), (8.0, 10.0), (8.0, 30.0),
)  # fmt: skip
_MEETS: tuple[dict[str, Any], ...] = (
    *(16 * ({},)), {"mode": "pending", "reads": 1}, {"mode": "pending", "reads": 5},
    {"mode": "failure", "times": 2}, {"mode": "failure", "times": 4},
    {"mode": "not_allowed", "times": 1}, {"mode": "not_allowed"},
)  # fmt: skip

_CALLS: Calls = {
    "insert": 8, "claim": 3, "record": 5, "query": 2, "get": 3, "patch": 1, "delete": 1,
    "token": 1, "read": 2, "failure": 1, "generation": 1, "withdrawal": 1,
}  # fmt: skip
_PATCH = {"patch": 8, "get": 3, "record": 4}
_CALLS_OF_EDITS: dict[str, Calls] = {
    "move": _PATCH,
    "move_back": _PATCH,
    **dict.fromkeys(GUEST_EDITS, _PATCH),
    "cancel": {"delete": 8, "get": 3, "withdrawal": 6},
    "revive": {"insert": 3, "get": 3},
    "delete_event": {"generation": 8, "get": 3},
    "edit_event": {"patch": 3, "get": 3},
    "reconcile": {"get": 3, "read": 3},
}

_STORE_KINDS = (
    "refuse", "refuse", "lose", "lose", "mute", "late", "silence", "delay", "unreachable",
)  # fmt: skip
_GOOGLE_KINDS = (
    "refuse", "refuse", "lose", "lose", "drop", "cut", "silence", "mute", "late", "late",
    "garble", "delay", "unreachable", "expire",
)  # fmt: skip
_TOKEN_KINDS = ("refuse", "silence", "delay", "drop", "unreachable")
_CODES = ("UNAVAILABLE", "RESOURCE_EXHAUSTED", "INTERNAL", "DEADLINE_EXCEEDED", "ABORTED")
_5XX = ((500, "backendError"), (503, "backendError"))
_REFUSALS = (
    (403, "userRateLimitExceeded"), (429, "rateLimitExceeded"), (403, "quotaExceeded"), *_5XX,
)  # fmt: skip


def draw(seed: int) -> Schedule:
    """The schedule of a seed."""
    chance = random.Random(f"schedule/{seed}")
    instances, classes = chance.choice((1, 2, 2, 3)), chance.choice((1, 1, 1, 1, 1, 2))
    budget, lease = chance.choice(_BUDGETS_AND_LEASES)
    kinds = kinds_of_edits(chance)
    calls = likely_calls(kinds)
    signals = _signals(chance, instances, lease, calls)
    faults = _call_faults(chance, calls, lease)
    # Google refusing a second insert, and no worker asleep past its lease between its last check
    # and its send, are what the promise rests on: one of them may fail, not both.
    if chance.random() < 0.15 and all(signal.kind == "KILL" for signal in signals):
        faults = _with_overlapping_inserts(chance, faults)
    return Schedule(
        seed=seed,
        deliveries=draw_deliveries(chance, instances, classes),
        call_faults=tuple(faults),
        signals=signals,
        edits=draw_edits(chance, kinds, calls, classes),
        is_cold=chance.random() < 0.15 or any(each.operation == "token" for each in faults),
        budget=budget,
        lease=lease,
        skews=tuple(chance.choice((0.0, 0.0, 0.0, -90.0, 60.0)) for _ in range(instances)),
        meet=chance.choice(_MEETS),
        refused_emails=_refused_emails(chance),
        participants=chance.choice((0, 0, 0, 1, 2)),
    )


def draw_deliveries(chance: random.Random, instances: int, classes: int) -> tuple[Delivery, ...]:
    spread = chance.choice((0.0, 0.05, 0.5, 3.0))
    return tuple(
        Delivery(round(chance.uniform(0, spread), 2), chance.randrange(instances), number % classes)
        for number in range(chance.choice((2, 2, 3, 4)))
    )


def kinds_of_edits(chance: random.Random) -> list[str]:
    if chance.random() < 0.4:
        return []
    pair = chance.choice((("move", "move_back"), ("cancel", "revive"), (), (), ()))
    single = ("move", "cancel", "delete_event", "edit_event", "email", *GUEST_EDITS)
    kinds = [*pair, *chance.sample(single, chance.choice((0, 1) if pair else (1, 1, 2)))]
    return [*kinds, "reconcile"] if chance.random() < 0.1 else kinds


def draw_edits(
    chance: random.Random, kinds: list[str], calls: Calls, classes: int
) -> tuple[Edit, ...]:
    of_class = chance.randrange(classes)

    def resend(kind: str) -> float | None:
        resends = kind in SCHOOL_EDITS and chance.random() < 0.6
        return round(chance.uniform(0, 1), 2) if resends else None

    return tuple(Edit(kind, draw_when(chance, calls), resend(kind), of_class) for kind in kinds)


def likely_calls(kinds: list[str]) -> Calls:
    """The operations, rather those that the edits bring about."""
    calls = dict(_CALLS)
    for kind in kinds:
        for operation, weight in _CALLS_OF_EDITS[kind].items():
            calls[operation] += weight
    return calls


def draw_when(chance: random.Random, calls: Calls) -> When:
    if chance.random() < 0.4:
        return When(seconds=round(chance.uniform(0, 1) * chance.choice((0.5, 2.5, 8.0)), 2))
    nth, moment = chance.choice((1, 1, 1, 2)), chance.choice(("request", "answer"))
    return When(call=_draw_call(chance, calls), nth=nth, moment=moment)


def _draw_call(chance: random.Random, calls: Calls) -> str:
    return chance.choices(list(calls), list(calls.values()))[0]


def _signals(
    chance: random.Random, instances: int, lease: float, calls: Calls
) -> tuple[Signal, ...]:
    kind = chance.choices(("", "KILL", "STOP", "FREEZE"), weights=(65, 23, 6, 6))[0]
    number = chance.choice((1, 1, 2)) if kind == "KILL" else bool(kind)
    seconds = 0.0 if kind == "KILL" else round(chance.uniform(0.5, lease + 2), 2)
    return tuple(
        Signal(kind, chance.randrange(instances), draw_when(chance, calls), seconds)
        for _ in range(number)
    )


def _refused_emails(chance: random.Random) -> tuple[str, ...]:
    addresses = (STUDENT, STUDENT, CORRECTED, *PARTICIPANTS)
    return (chance.choice(addresses),) if chance.random() < 0.1 else ()


def _call_faults(chance: random.Random, calls: Calls, lease: float) -> list[CallFault]:
    number = chance.choice((0, 1, 1, 2, 2, 3))
    faults = [_call_fault(chance, _draw_call(chance, calls), lease) for _ in range(number)]
    if sum(fault.kind == "expire" for fault in faults) > 1:  # two in a row are a refusal for good
        faults = [fault for fault in faults if fault.kind != "expire"]
    return faults


def _with_overlapping_inserts(chance: random.Random, faults: list[CallFault]) -> list[CallFault]:
    """What is in flight then is so no longer than the lease: see `draw`."""
    seconds = {"seconds": round(chance.uniform(0.1, 0.9), 2)}
    lasting = {("insert", "late"), ("insert", "lose")}
    others = [fault for fault in faults if (fault.operation, fault.kind) not in lasting]
    return [CallFault("insert", "accept_duplicate", 0, 2, seconds), *others]


def _call_fault(chance: random.Random, operation: str, lease: float) -> CallFault:
    skip, times = chance.choice((0, 0, 0, 1, 2)), chance.choice((1, 1, 1, 2, 3))
    details: dict[str, Any] = {}
    if operation in STORE_CALLS:
        kind, longest = chance.choice(_STORE_KINDS), 3.0
        details["code"] = chance.choice(_CODES)
    elif operation == "token":
        kind, longest = chance.choice(_TOKEN_KINDS), 2.0
        details["reason"] = chance.choice(("", "invalid_grant"))
    else:
        kind, longest = _kind_of_google_fault(chance, operation), 1.4 * lease
        if kind in ("refuse", "lose"):
            answers = _REFUSALS if kind == "refuse" else _5XX
            details["status"], details["reason"] = chance.choice(answers)
            details["retry_after"] = chance.choice((None, None, 0, 1, 3))
    seconds = round(chance.uniform(0.05, longest), 2)
    match kind:
        case "late":
            details["seconds"] = seconds
        case "delay":
            details["seconds"] = min(seconds, 3.0)
        case "lose":
            details["seconds"] = chance.choice((0.0, 0.0, min(seconds, lease)))
    return CallFault(operation, kind, skip, 1 if kind == "expire" else times, details)


def _kind_of_google_fault(chance: random.Random, operation: str) -> str:
    if operation != "delete" and chance.random() < 0.1:
        return "refuse_attendees" if operation == "insert" else "other_id"
    return chance.choice(_GOOGLE_KINDS)
