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
from tests.simulation.trouble import CORRECTED, PARTICIPANTS, STUDENT

_ADDRESSES = (STUDENT, STUDENT, CORRECTED, *PARTICIPANTS)
_BUDGETS_AND_LEASES = ((2.5, 5.0), (2.5, 5.0), (4.0, 6.0), (8.0, 30.0), (8.0, 10.0), (2.0, 4.0))


def draw(seed: int) -> Schedule:
    """The schedule of a seed."""
    chance = random.Random(f"schedule/{seed}")
    instances = chance.choice((1, 2, 2, 3))
    classes = 1 if chance.random() < 0.85 else 2
    budget, lease = chance.choice(_BUDGETS_AND_LEASES)
    edits = _edits(chance, classes)
    signals = _signals(chance, instances, lease, edits)
    # Google refusing a second insert, and no worker asleep past its lease between its last check
    # and its send, are what the promise rests on: one of them may fail, not both.
    sleeps = any(signal.kind in ("STOP", "FREEZE") for signal in signals)
    faults = _call_faults(chance, edits, lease, may_overlap=not sleeps)
    return Schedule(
        seed=seed,
        instances=instances,
        deliveries=_deliveries(chance, instances, classes),
        call_faults=faults,
        signals=signals,
        edits=edits,
        is_cold=chance.random() < 0.15 or any(each.operation == "token" for each in faults),
        classes=classes,
        budget=budget,
        lease=lease,
        skews=tuple(chance.choice((0.0, 0.0, 0.0, -90.0, 60.0)) for _ in range(instances)),
        meet=_meet(chance),
        refused_emails=(chance.choice(_ADDRESSES),) if chance.random() < 0.1 else (),
        participants=chance.choice((0, 0, 0, 1, 2)),
    )


def _deliveries(chance: random.Random, instances: int, classes: int) -> tuple[Delivery, ...]:
    spread = chance.choice((0.0, 0.05, 0.5, 3.0))
    return tuple(
        Delivery(round(chance.uniform(0, spread), 2), chance.randrange(instances), number % classes)
        for number in range(chance.choice((2, 2, 3, 4)))
    )


def _meet(chance: random.Random) -> dict[str, Any]:
    mode = chance.choices(("success", "pending", "failure", "not_allowed"), (80, 8, 6, 6))[0]
    match mode:
        case "pending":
            return {"mode": mode, "reads": chance.choice((0, 1, 3, 6))}
        case "failure":
            return {"mode": mode, "times": chance.choice((1, 2, 4))}
        case "not_allowed":
            return {"mode": mode, "times": chance.choice((1, -1))}
    return {}


_WEIGHTS = {
    "insert": 8, "claim": 3, "record": 5, "query": 2, "get": 3, "patch": 1, "delete": 1,
    "token": 1, "read": 2, "failure": 1, "generation": 1, "withdrawal": 1,
}  # fmt: skip
_PATCH = {"patch": 8, "get": 3, "record": 4}
_WEIGHTS_BY_EDIT = {
    "move": _PATCH,
    "move_back": _PATCH,
    **dict.fromkeys(GUEST_EDITS, _PATCH),
    "cancel": {"delete": 8, "get": 3, "withdrawal": 6},
    "revive": {"insert": 3, "get": 3},
    "delete_event": {"generation": 8, "get": 3},
    "edit_event": {"patch": 3, "get": 3},
    "reconcile": {"get": 3, "read": 3},
}


def _call(chance: random.Random, edits: tuple[Edit, ...]) -> str:
    """An operation, rather one that the edits bring about."""
    weights = dict(_WEIGHTS)
    for edit in edits:
        for operation, weight in _WEIGHTS_BY_EDIT[edit.kind].items():
            weights[operation] += weight
    return chance.choices(list(weights), list(weights.values()))[0]


def _call_faults(
    chance: random.Random, edits: tuple[Edit, ...], lease: float, *, may_overlap: bool
) -> tuple[CallFault, ...]:
    number = chance.choice((0, 1, 1, 2, 2, 3))
    faults = [_call_fault(chance, _call(chance, edits), lease) for _ in range(number)]
    if sum(fault.kind == "expire" for fault in faults) > 1:  # two in a row are a refusal for good
        faults = [fault for fault in faults if fault.kind != "expire"]
    if may_overlap and chance.random() < 0.15:
        seconds = round(chance.uniform(0.1, 0.9), 2)
        # What is in flight is so no longer than the lease: see above.
        faults = [each for each in faults if each.operation != "insert" or each.kind != "late"]
        faults = [each for each in faults if each.operation != "insert" or each.kind != "lose"]
        faults.insert(0, CallFault("insert", "accept_duplicate", 0, 2, {"seconds": seconds}))
    return tuple(faults)


def _call_fault(chance: random.Random, operation: str, lease: float) -> CallFault:
    skip, times = chance.choice((0, 0, 0, 1, 2)), chance.choice((1, 1, 1, 2, 3))
    if operation in STORE_CALLS:
        kind, details = _store_kind(chance)
    elif operation == "token":
        kind, details = _token_kind(chance)
    else:
        kind, details = _google_kind(chance, operation, lease)
    return CallFault(operation, kind, skip, 1 if kind == "expire" else times, details)


_CODES = ("UNAVAILABLE", "RESOURCE_EXHAUSTED", "INTERNAL", "DEADLINE_EXCEEDED", "ABORTED")


def _store_kind(chance: random.Random) -> tuple[str, dict[str, Any]]:
    kinds = ("refuse", "refuse", "lose", "lose", "mute", "late", "silence", "delay", "unreachable")
    kind = chance.choice(kinds)
    details: dict[str, Any] = {}
    if kind in ("late", "delay"):
        details["seconds"] = round(chance.uniform(0.05, 3.0), 2)
    if kind in ("refuse", "lose"):
        details["code"] = chance.choice(_CODES)
    return kind, details


def _token_kind(chance: random.Random) -> tuple[str, dict[str, Any]]:
    kind = chance.choice(("refuse", "silence", "delay", "drop"))
    dies = kind == "refuse" and chance.random() < 0.5
    seconds = {"seconds": round(chance.uniform(0.1, 2.0), 2)} if kind == "delay" else {}
    return kind, {"reason": "invalid_grant"} if dies else seconds


_REFUSALS = (
    (403, "userRateLimitExceeded"),
    (429, "rateLimitExceeded"),
    (403, "quotaExceeded"),
    (500, "backendError"),
    (503, "backendError"),
)
_GOOGLE_KINDS = (
    "refuse", "refuse", "lose", "lose", "drop", "cut", "silence", "mute", "late", "late",
    "garble", "delay", "unreachable",
)  # fmt: skip


def _google_kind(chance: random.Random, operation: str, lease: float) -> tuple[str, dict[str, Any]]:
    if chance.random() < 0.1:
        return ("refuse_attendees" if operation == "insert" else "expire"), {}
    kind = chance.choice(_GOOGLE_KINDS)
    details: dict[str, Any] = {}
    if kind in ("refuse", "lose"):
        choice = _REFUSALS if kind == "refuse" else _REFUSALS[-2:]
        details["status"], details["reason"] = chance.choice(choice)
        details["retry_after"] = chance.choice((None, None, 0, 1, 3))
    if kind == "lose":
        details["seconds"] = chance.choice((0.0, 0.0, round(chance.uniform(0.1, lease), 2)))
    if kind == "late":
        details["seconds"] = round(chance.uniform(0.3, lease * 1.4), 2)
    if kind == "delay":
        details["seconds"] = round(chance.uniform(0.05, 3.0), 2)
    return kind, details


def _signals(
    chance: random.Random, instances: int, lease: float, edits: tuple[Edit, ...]
) -> tuple[Signal, ...]:
    kind = chance.choices(("", "KILL", "STOP", "FREEZE"), weights=(65, 23, 6, 6))[0]
    if not kind:
        return ()
    number = chance.choice((1, 1, 2)) if kind == "KILL" else 1
    seconds = 0.0 if kind == "KILL" else round(chance.uniform(0.5, lease + 2), 2)
    return tuple(
        Signal(kind, chance.randrange(instances), _when(chance, edits), seconds)
        for _ in range(number)
    )


def _edits(chance: random.Random, classes: int) -> tuple[Edit, ...]:
    if chance.random() < 0.4:
        return ()
    pairs = (("move", "move_back"), ("cancel", "revive"))
    single = ("move", "cancel", "delete_event", "edit_event", "email", *GUEST_EDITS)
    kinds = list(chance.choice(pairs)) if chance.random() < 0.4 else []
    kinds += chance.sample(single, chance.choice((0, 1) if kinds else (1, 1, 2)))
    kinds += ["reconcile"] if chance.random() < 0.1 else []
    of_class = chance.randrange(classes)
    return tuple(
        Edit(
            kind,
            _when(chance, tuple(Edit(each, When()) for each in kinds)),
            _resend(chance, kind),
            of_class,
        )
        for kind in kinds
    )


def _resend(chance: random.Random, kind: str) -> float | None:
    resends = kind in SCHOOL_EDITS and chance.random() < 0.6
    return round(chance.uniform(0, 1), 2) if resends else None


def _when(chance: random.Random, edits: tuple[Edit, ...]) -> When:
    if chance.random() < 0.4:
        return When(seconds=round(chance.uniform(0, 1) * chance.choice((0.5, 2.5, 8.0)), 2))
    return When(
        call=_call(chance, edits),
        nth=chance.choice((1, 1, 1, 2)),
        moment=chance.choice(("request", "answer")),
    )
