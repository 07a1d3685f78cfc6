"""Draws which calls of a schedule go wrong, and how."""

import random
from typing import Any

from tests.simulation.schedule import GUEST_EDITS, STORE_CALLS, CallFault

Calls = dict[str, int]
"""Operations, each with how likely it is to be chosen."""

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


def likely_calls(kinds: list[str]) -> Calls:
    """The operations, rather those that the edits bring about."""
    calls = dict(_CALLS)
    for kind in kinds:
        for operation, weight in _CALLS_OF_EDITS[kind].items():
            calls[operation] += weight
    return calls


def draw_call(chance: random.Random, calls: Calls) -> str:
    return chance.choices(list(calls), list(calls.values()))[0]


def call_faults(chance: random.Random, calls: Calls, lease: float) -> list[CallFault]:
    number = chance.choice((0, 1, 1, 2, 2, 3))
    faults = [_call_fault(chance, draw_call(chance, calls), lease) for _ in range(number)]
    if sum(fault.kind == "expire" for fault in faults) > 1:  # two in a row are a refusal for good
        faults = [fault for fault in faults if fault.kind != "expire"]
    return faults


def with_overlapping_inserts(chance: random.Random, faults: list[CallFault]) -> list[CallFault]:
    """What is in flight then is so no longer than the lease: see drawing.py."""
    seconds = {"seconds": round(chance.uniform(0.1, 0.9), 2)}
    lasting = {("insert", "late"), ("insert", "lose")}
    others = [fault for fault in faults if (fault.operation, fault.kind) not in lasting]
    return [CallFault("insert", "accept_duplicate", 0, 2, seconds), *others]


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


def _call_fault(chance: random.Random, operation: str, lease: float) -> CallFault:
    skip, times = chance.choice((0, 0, 0, 1, 2)), chance.choice((1, 1, 1, 2, 3))
    if operation in STORE_CALLS:
        kind = chance.choice(_STORE_KINDS)
        details = _details(chance, kind, 3.0) | {"code": chance.choice(_CODES)}
    elif operation == "token":
        kind = chance.choice(_TOKEN_KINDS)
        details = _details(chance, kind, 2.0) | {"reason": chance.choice(("", "invalid_grant"))}
    elif operation != "delete" and chance.random() < 0.1:
        kind, details = ("refuse_attendees" if operation == "insert" else "other_id"), {}
    else:
        kind = chance.choice(_GOOGLE_KINDS)
        details = _details(chance, kind, 1.4 * lease if kind == "late" else lease)
        if kind in ("refuse", "lose"):
            status, reason = chance.choice(_REFUSALS if kind == "refuse" else _5XX)
            retry_after = chance.choice((None, None, 0, 1, 3))
            details |= {"status": status, "reason": reason, "retry_after": retry_after}
    return CallFault(operation, kind, skip, 1 if kind == "expire" else times, details)


def _details(chance: random.Random, kind: str, longest: float) -> dict[str, Any]:
    seconds = round(chance.uniform(0.05, longest), 2)
    match kind:
        case "late":
            return {"seconds": seconds}
        case "delay":
            return {"seconds": min(seconds, 3.0)}
        case "lose":
            return {"seconds": chance.choice((0.0, 0.0, seconds))}
    return {}
