"""Draws the schedule of a seed."""

import random
from collections.abc import Iterator, Mapping
from typing import Any

from tests.simulation.schedule import (
    CORRECTED,
    PARTICIPANTS,
    SCHOOL_EDITS,
    STORE_CALLS,
    STUDENT,
    CallFault,
    Schedule,
    Step,
)

_BUDGETS_AND_LEASES = (
    *(4 * ((2.5, 5.0),)), *(3 * ((2.0, 4.0),)), *(3 * ((4.0, 6.0),)), (8.0, 10.0), (8.0, 30.0),
)  # fmt: skip
_MEETS: tuple[dict[str, Any], ...] = (
    *(16 * ({},)), {"mode": "pending", "reads": 1}, {"mode": "pending", "reads": 5},
    {"mode": "failure", "times": 2}, {"mode": "failure", "times": 4},
    {"mode": "not_allowed", "times": 1}, {"mode": "not_allowed"},
)  # fmt: skip
_SIGNALS = {"": 65, "KILL": 23, "STOP": 6, "FREEZE": 6}
_PROCESS_SIGNALS = {
    "KILL": 6, "TERM": 2, "STOP": 3,
    "google refuse": 1, "google stall": 2, "google cut": 1,
    "firestore refuse": 1, "firestore stall": 2, "firestore cut": 1,
}  # fmt: skip

_EDITS = (
    "move", "cancel", "delete_event", "edit_event",
    "email", "email", "add_guest", "remove_guests", "correct_guest",
)  # fmt: skip
_CALLS = {
    "insert": 8, "claim": 3, "record": 7, "query": 2, "get": 5, "patch": 6, "delete": 3,
    "token": 1, "read": 2, "failure": 1, "generation": 2, "withdrawal": 3,
}  # fmt: skip

_FAULTS = {
    "refuse": 2, "lose": 2, "mute": 1, "late": 1, "silence": 1, "delay": 1, "unreachable": 1,
}  # fmt: skip
_CALENDAR_FAULTS = {**_FAULTS, "drop": 1, "cut": 1, "late": 2, "garble": 1, "expire": 1}
_FAULTS_OF_CALLS = {
    **dict.fromkeys(STORE_CALLS, _FAULTS),
    "token": {**_FAULTS, "drop": 1},
    "insert": {**_CALENDAR_FAULTS, "refuse_attendees": 2},
    "get": {**_CALENDAR_FAULTS, "other_id": 2},
    "patch": {**_CALENDAR_FAULTS, "other_id": 2},
    "delete": _CALENDAR_FAULTS,
}
_CODES = ("UNAVAILABLE", "RESOURCE_EXHAUSTED", "INTERNAL", "DEADLINE_EXCEEDED", "ABORTED")
_5XX = ((500, "backendError"), (503, "backendError"))
_LIMITS = ((403, "userRateLimitExceeded"), (429, "rateLimitExceeded"), (403, "quotaExceeded"))


def draw(seed: int) -> Schedule:
    """The schedule of a seed."""
    chance = Chance(f"schedule/{seed}")
    instances, classes = chance.choice((1, 2, 2, 3)), chance.choice((1, 1, 1, 1, 1, 2))
    budget, lease = chance.choice(_BUDGETS_AND_LEASES)
    signal = chance.weighted(_SIGNALS)
    signals = [
        chance.signal(signal, instances, lease + 2)
        for _ in range(chance.choice((1, 1, 2)) if signal == "KILL" else bool(signal))
    ]
    faults = [chance.call_fault(lease) for _ in range(chance.choice((0, 1, 2, 2, 3, 4)))]
    if sum(fault.kind == "expire" for fault in faults) > 1:  # two in a row are a refusal for good
        faults = [fault for fault in faults if fault.kind != "expire"]
    # Google refusing a second insert, and no worker asleep past its lease between its last check
    # and its send, are what the promise rests on: one of them may fail, not both.
    if chance.random() < 0.15 and signal in ("", "KILL"):
        # Nor is anything in flight for longer than the lease.
        lasting = {("insert", "late"), ("insert", "lose")}
        faults = [fault for fault in faults if (fault.operation, fault.kind) not in lasting]
        overlap = chance.seconds(0.1, 0.9)
        faults = [CallFault("insert", "accept_duplicate", 0, 2, overlap), *faults]
    refused = chance.choice((STUDENT, STUDENT, CORRECTED, *PARTICIPANTS))
    return Schedule(
        seed=seed,
        steps=(*chance.deliveries(instances, classes), *signals, *chance.edits(classes)),
        call_faults=tuple(faults),
        is_left_to_repair=chance.random() < 0.25,
        is_cold=chance.random() < 0.15 or any(each.operation == "token" for each in faults),
        budget=budget,
        lease=lease,
        skews=tuple(chance.choice((0.0, 0.0, 0.0, -90.0, 60.0)) for _ in range(instances)),
        meet=chance.choice(_MEETS),
        refused_emails=(refused,) if chance.random() < 0.1 else (),
        participants=chance.choice((0, 0, 0, 1, 2)),
    )


def draw_for_processes(seed: int) -> Schedule:
    """The schedule of a seed for the process campaign: of what only processes show."""
    chance = Chance(f"campaign/{seed}")
    chance.calls = {name: likely for name, likely in _CALLS.items() if name in STORE_CALLS}
    instances = chance.choice((1, 2, 2, 3))
    edits = [step for step in chance.edits(classes=1) if step.kind != "reconcile"]
    # No worker asleep past its lease between its last check and its send: the promise rests on it.
    unplayed = [*(["STOP"] if len(edits) > 1 else []), *(["TERM"] if instances == 1 else [])]
    likely = {kind: weight for kind, weight in _PROCESS_SIGNALS.items() if kind not in unplayed}
    kinds = [chance.weighted(likely) for _ in range(chance.choice((0, 1, 1, 2)))]
    signals = [chance.signal(kind, instances, 7 if kind == "STOP" else 3) for kind in kinds]
    if chance.random() < 0.15:  # as right after a start: nothing is connected, no token is known
        signals += [Step("KILL", instance=instance) for instance in range(instances)]
    return Schedule(
        seed=seed,
        steps=(*chance.deliveries(instances, classes=1), *signals, *edits),
        participants=chance.choice((0, 0, 1, 2)),
    )


class Chance(random.Random):
    """Draws the parts of a schedule. Steps hang on `calls`."""

    calls = _CALLS

    def seconds(self, least: float, most: float) -> float:
        return round(self.uniform(least, most), 2)

    def weighted(self, weights: Mapping[str, int]) -> str:
        return self.choices(list(weights), list(weights.values()))[0]

    def when(self) -> dict[str, Any]:
        if self.random() < 0.4:
            return {"at": self.seconds(0, self.choice((0.5, 2.5, 8.0)))}
        nth, moment = self.choice((1, 1, 1, 2)), self.choice(("request", "answer"))
        return {"call": self.weighted(self.calls), "nth": nth, "moment": moment}

    def deliveries(self, instances: int, classes: int) -> Iterator[Step]:
        spread = self.choice((0.0, 0.05, 0.5, 3.0))
        for number in range(self.choice((2, 2, 3, 4))):
            at, instance = self.seconds(0, spread), self.randrange(instances)
            yield Step("deliver", at, instance=instance, class_number=number % classes)

    def edits(self, classes: int) -> Iterator[Step]:
        if self.random() < 0.4:
            return
        number = self.randrange(classes)
        pair = self.choice((("move", "move_back"), ("cancel", "revive"), (), (), ()))
        single = self.sample(_EDITS, self.choice((0, 1) if pair else (1, 1, 2)))
        for kind in (*pair, *single, *(["reconcile"] if self.random() < 0.1 else [])):
            resends = kind in SCHOOL_EDITS and self.random() < 0.6
            resend = self.seconds(0, 1) if resends else None
            yield Step(kind, class_number=number, resend=resend, **self.when())

    def signal(self, kind: str, instances: int, longest: float) -> Step:
        seconds = 0.0 if kind in ("KILL", "TERM") else self.seconds(0.3, longest)
        instance = self.randrange(instances)
        return Step(kind, instance=instance, seconds=seconds, **self.when())

    def call_fault(self, lease: float) -> CallFault:
        operation = self.weighted(self.calls)
        kind = self.weighted(_FAULTS_OF_CALLS[operation])
        longest = 3.0
        if operation not in ("token", *STORE_CALLS) and kind != "delay":
            longest = 1.4 * lease if kind == "late" else lease
        is_delayed = kind in ("late", "delay") or (kind == "lose" and self.random() < 0.33)
        status, reason = self.choice((*_5XX, *_LIMITS) if kind == "refuse" else _5XX)
        return CallFault(
            operation,
            kind,
            skip=self.choice((0, 0, 0, 1, 2)),
            times=1 if kind == "expire" else self.choice((1, 1, 1, 2, 3)),
            seconds=self.seconds(0.05, longest) * is_delayed,
            status=status,
            reason=self.choice(("", "invalid_grant")) if operation == "token" else reason,
            retry_after=self.choice((None, None, 0, 1, 3)),
            code=self.choice(_CODES),
        )
