"""Draws the schedule of a seed."""

import random
from typing import Any

from tests.simulation.drawing_faults import (
    Calls,
    call_faults,
    draw_call,
    likely_calls,
    with_overlapping_inserts,
)
from tests.simulation.schedule import (
    GUEST_EDITS,
    SCHOOL_EDITS,
    Delivery,
    Edit,
    Schedule,
    Signal,
    When,
)
from tests.simulation.school import CORRECTED, PARTICIPANTS, STUDENT

_BUDGETS_AND_LEASES = (
    *(4 * ((2.5, 5.0),)), *(3 * ((2.0, 4.0),)), *(3 * ((4.0, 6.0),)), (8.0, 10.0), (8.0, 30.0),
)  # fmt: skip
_MEETS: tuple[dict[str, Any], ...] = (
    *(16 * ({},)), {"mode": "pending", "reads": 1}, {"mode": "pending", "reads": 5},
    {"mode": "failure", "times": 2}, {"mode": "failure", "times": 4},
    {"mode": "not_allowed", "times": 1}, {"mode": "not_allowed"},
)  # fmt: skip


def draw(seed: int) -> Schedule:
    """The schedule of a seed."""
    chance = random.Random(f"schedule/{seed}")
    instances, classes = chance.choice((1, 2, 2, 3)), chance.choice((1, 1, 1, 1, 1, 2))
    budget, lease = chance.choice(_BUDGETS_AND_LEASES)
    kinds = _kinds_of_edits(chance)
    calls = likely_calls(kinds)
    signals = _signals(chance, instances, lease, calls)
    faults = call_faults(chance, calls, lease)
    # Google refusing a second insert, and no worker asleep past its lease between its last check
    # and its send, are what the promise rests on: one of them may fail, not both.
    if chance.random() < 0.15 and all(signal.kind == "KILL" for signal in signals):
        faults = with_overlapping_inserts(chance, faults)
    return Schedule(
        seed=seed,
        instances=instances,
        deliveries=_deliveries(chance, instances, classes),
        call_faults=tuple(faults),
        signals=signals,
        edits=_edits(chance, kinds, calls, classes),
        is_cold=chance.random() < 0.15 or any(each.operation == "token" for each in faults),
        classes=classes,
        budget=budget,
        lease=lease,
        skews=tuple(chance.choice((0.0, 0.0, 0.0, -90.0, 60.0)) for _ in range(instances)),
        meet=chance.choice(_MEETS),
        refused_emails=_refused_emails(chance),
        participants=chance.choice((0, 0, 0, 1, 2)),
    )


def _deliveries(chance: random.Random, instances: int, classes: int) -> tuple[Delivery, ...]:
    spread = chance.choice((0.0, 0.05, 0.5, 3.0))
    return tuple(
        Delivery(round(chance.uniform(0, spread), 2), chance.randrange(instances), number % classes)
        for number in range(chance.choice((2, 2, 3, 4)))
    )


def _refused_emails(chance: random.Random) -> tuple[str, ...]:
    addresses = (STUDENT, STUDENT, CORRECTED, *PARTICIPANTS)
    return (chance.choice(addresses),) if chance.random() < 0.1 else ()


def _signals(
    chance: random.Random, instances: int, lease: float, calls: Calls
) -> tuple[Signal, ...]:
    kind = chance.choices(("", "KILL", "STOP", "FREEZE"), weights=(65, 23, 6, 6))[0]
    number = chance.choice((1, 1, 2)) if kind == "KILL" else bool(kind)
    seconds = 0.0 if kind == "KILL" else round(chance.uniform(0.5, lease + 2), 2)
    return tuple(
        Signal(kind, chance.randrange(instances), _when(chance, calls), seconds)
        for _ in range(number)
    )


def _kinds_of_edits(chance: random.Random) -> list[str]:
    if chance.random() < 0.4:
        return []
    pair = chance.choice((("move", "move_back"), ("cancel", "revive"), (), (), ()))
    single = ("move", "cancel", "delete_event", "edit_event", "email", *GUEST_EDITS)
    kinds = [*pair, *chance.sample(single, chance.choice((0, 1) if pair else (1, 1, 2)))]
    return [*kinds, "reconcile"] if chance.random() < 0.1 else kinds


def _edits(chance: random.Random, kinds: list[str], calls: Calls, classes: int) -> tuple[Edit, ...]:
    of_class = chance.randrange(classes)

    def resend(kind: str) -> float | None:
        resends = kind in SCHOOL_EDITS and chance.random() < 0.6
        return round(chance.uniform(0, 1), 2) if resends else None

    return tuple(Edit(kind, _when(chance, calls), resend(kind), of_class) for kind in kinds)


def _when(chance: random.Random, calls: Calls) -> When:
    if chance.random() < 0.4:
        return When(seconds=round(chance.uniform(0, 1) * chance.choice((0.5, 2.5, 8.0)), 2))
    nth, moment = chance.choice((1, 1, 1, 2)), chance.choice(("request", "answer"))
    return When(call=draw_call(chance, calls), nth=nth, moment=moment)
