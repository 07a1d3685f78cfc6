"""What happens to one class: drawn from a seed, and nothing else."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

BUDGET_SECONDS = 2.5
LEASE_SECONDS = 5.0
LARGEST = 3
"""Instances that take part in one schedule, at most."""

STORE_CALLS = ("query", "read", "claim", "record", "generation", "failure", "withdrawal")


@dataclass(frozen=True)
class When:
    """Some seconds after the start or, if `call` is set, at an operation's `nth` call: as it
    passes on its way ("request"), or its answer on the way back ("answer")."""

    seconds: float = 0.0
    call: str | None = None
    nth: int = 1
    moment: str = "answer"


@dataclass(frozen=True)
class CallFault:
    """Goes wrong with `times` calls of an operation after `skip` of them (see the stand-in's
    faults, and firestore_proxy.StoreFault, for what the kinds do)."""

    operation: str
    kind: str
    skip: int = 0
    times: int = 1
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LineFault:
    """The line of an instance to a service is refused, stalled or cut for some seconds."""

    instance: int
    service: str
    kind: str
    when: When
    seconds: float


@dataclass(frozen=True)
class Signal:
    """KILL, TERM, or STOP for some seconds and then CONT."""

    kind: str
    instance: int
    when: When
    seconds: float = 0.0


@dataclass(frozen=True)
class Edit:
    """The class is moved, cancelled or its email corrected, or its event deleted by hand."""

    kind: str
    when: When


@dataclass(frozen=True)
class Delivery:
    """A sender that posts the notice at `seconds`, and again until one is answered finally."""

    seconds: float
    instance: int


@dataclass(frozen=True)
class Schedule:
    seed: int
    instances: int
    deliveries: tuple[Delivery, ...]
    call_faults: tuple[CallFault, ...] = ()
    line_faults: tuple[LineFault, ...] = ()
    signals: tuple[Signal, ...] = ()
    edits: tuple[Edit, ...] = ()
    is_cold: bool = False
    """Whether the instances are as right after their start."""

    @property
    def is_cancelled(self) -> bool:
        return any(edit.kind == "cancel" for edit in self.edits)


def draw(seed: int) -> Schedule:
    """The schedule of a seed."""
    chance = random.Random(seed)
    instances = chance.choice((1, 1, 2, 2, LARGEST))
    edits = _edits(chance)
    signals = _signals(chance, instances, edits)
    # Google refusing a second insert, and no worker asleep past its lease between its last check
    # and its send, are what the promise rests on: one of them may fail, not both.
    may_overlap = all(signal.kind != "STOP" for signal in signals)
    call_faults = _call_faults(chance, edits, may_overlap=may_overlap)
    needs_cold = any(fault.operation in ("secret", "token") for fault in call_faults)
    return Schedule(
        seed=seed,
        instances=instances,
        deliveries=_deliveries(chance, instances),
        call_faults=call_faults,
        line_faults=_line_faults(chance, instances, edits),
        signals=signals,
        edits=edits,
        is_cold=needs_cold or chance.random() < 0.05,
    )


def _deliveries(chance: random.Random, instances: int) -> tuple[Delivery, ...]:
    number = chance.choices(range(1, 9), weights=(5, 6, 4, 2, 1, 1, 1, 1))[0]
    spread = chance.choice((0.0, 0.05, 0.5))
    return tuple(
        Delivery(chance.uniform(0, spread), chance.randrange(instances)) for _ in range(number)
    )


def _call_faults(
    chance: random.Random, edits: tuple[Edit, ...], *, may_overlap: bool
) -> tuple[CallFault, ...]:
    faults = [_call_fault(chance, edits) for _ in range(chance.choice((0, 1, 1, 1, 2, 2, 3)))]
    if may_overlap and chance.random() < 0.15:
        seconds = chance.uniform(0.1, 0.8)
        # In flight no longer than the lease: see above.
        faults = [_bounded(fault) for fault in faults]
        overlap = CallFault("insert", "accept_duplicate", times=2, details={"seconds": seconds})
        faults.insert(0, overlap)
    if chance.random() < 0.5:
        # A delivery's longest way is five calls, and it must be possible within the budget.
        latency = {"seconds": round(chance.uniform(0.02, 0.15), 3)}
        faults += [
            CallFault(operation, "delay", times=-1, details=latency)
            for operation in ("insert", "get", "patch", "delete")
        ]
    return tuple(faults)


def _bounded(fault: CallFault) -> CallFault:
    if fault.kind != "late":
        return fault
    return replace(fault, details={"seconds": fault.details["seconds"] / 3})


_WEIGHTS = {
    "insert": 8, "claim": 3, "record": 5, "query": 2, "get": 3, "patch": 1, "delete": 1,
    "secret": 1, "token": 1, "read": 2, "failure": 1, "generation": 1, "withdrawal": 1,
}  # fmt: skip
_WEIGHTS_BY_EDIT = {
    "move": {"patch": 8, "get": 3},
    "email": {"patch": 8, "get": 3},
    "cancel": {"delete": 8, "get": 3, "withdrawal": 4},
    "delete_event": {"generation": 8, "get": 3},
}


def _call(chance: random.Random, edits: tuple[Edit, ...]) -> str:
    """An operation, rather one that the edits bring about."""
    weights = Counter(_WEIGHTS)
    for edit in edits:
        weights.update(_WEIGHTS_BY_EDIT[edit.kind])
    return chance.choices(list(weights), list(weights.values()))[0]


def _call_fault(chance: random.Random, edits: tuple[Edit, ...]) -> CallFault:
    operation = _call(chance, edits)
    skip, times = chance.choice((0, 0, 0, 1)), chance.choice((1, 1, 1, 2, 3))
    if operation in STORE_CALLS:
        kind, details = _store_kind(chance)
    else:
        kind, details = _google_kind(chance, operation)
    return CallFault(operation, kind, skip, times, details)


def _store_kind(chance: random.Random) -> tuple[str, dict[str, Any]]:
    kind = chance.choice(("refuse", "refuse", "lose", "lose", "mute", "late", "silence", "delay"))
    if kind in ("late", "delay"):
        return kind, {"seconds": round(chance.uniform(0.05, 1.5), 3)}
    if kind in ("refuse", "lose"):
        codes = ("UNAVAILABLE", "RESOURCE_EXHAUSTED", "INTERNAL", "DEADLINE_EXCEEDED", "ABORTED")
        return kind, {"code": chance.choice(codes)}
    return kind, {}


def _google_kind(chance: random.Random, operation: str) -> tuple[str, dict[str, Any]]:
    kind = chance.choice(("status", "status", "status", "drop", "drop", "silence", "late", "cut"))
    when = chance.choice(("before", "after"))
    match kind:
        case "status":
            # Calendar alone words a rate limit as 403.
            is_calendar = operation not in ("secret", "token")
            status, reason = chance.choice(_STATUSES if is_calendar else _STATUSES[1:])
            details: dict[str, Any] = {"status": status, "reason": reason}
            if (retry_after := chance.choice((None, None, 1, 3, 0))) is not None:
                details["retry_after"] = retry_after
            # Below 500 nothing takes effect.
            return kind, {**details, "when": when if status >= 500 else "before"}
        case "late":
            return kind, {"seconds": round(chance.uniform(0.3, 6.0), 3)}
        case "cut":
            return kind, {}
        case _:
            return kind, {"when": when}


_STATUSES = (
    (403, "userRateLimitExceeded"),
    (429, "rateLimitExceeded"),
    (500, "backendError"),
    (503, "backendError"),
    (503, "backendError"),
)


def _line_faults(
    chance: random.Random, instances: int, edits: tuple[Edit, ...]
) -> tuple[LineFault, ...]:
    if chance.random() > 0.15:
        return ()
    return (
        LineFault(
            instance=chance.randrange(instances),
            service=chance.choice(("google", "firestore")),
            kind=chance.choice(("refuse", "stall", "cut")),
            when=_when(chance, edits),
            seconds=round(chance.uniform(0.3, 3.0), 2),
        ),
    )


def _signals(chance: random.Random, instances: int, edits: tuple[Edit, ...]) -> tuple[Signal, ...]:
    kind = chance.choices(("", "KILL", "STOP", "TERM"), weights=(60, 28, 9, 3))[0]
    if not kind:
        return ()
    number = chance.choice((1, 1, 2)) if kind == "KILL" else 1
    stopped = round(chance.uniform(LEASE_SECONDS + 0.2, LEASE_SECONDS + 1.5), 2)
    seconds = stopped if kind == "STOP" else 0.0
    return tuple(
        Signal(kind, chance.randrange(instances), _when(chance, edits), seconds)
        for _ in range(number)
    )


def _edits(chance: random.Random) -> tuple[Edit, ...]:
    if chance.random() > 0.35:
        return ()
    kinds = chance.sample(list(_WEIGHTS_BY_EDIT), chance.choice((1, 1, 2)))
    return tuple(Edit(kind, _when(chance, ())) for kind in kinds)


def _when(chance: random.Random, edits: tuple[Edit, ...]) -> When:
    if chance.random() < 0.4:
        # Rather early: where nothing fails, all is over within some tenths of a second.
        return When(seconds=round(chance.uniform(0, 1) * chance.uniform(0, 2.5), 3))
    return When(
        call=_call(chance, edits),
        nth=chance.choice((1, 1, 1, 2)),
        moment=chance.choice(("request", "answer")),
    )
