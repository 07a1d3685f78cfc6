"""Draws the schedule of a seed: rather what only processes show than what is simulated."""

import random

from tests.simulation.schedule import (
    GUEST_EDITS,
    SCHOOL_EDITS,
    CallFault,
    Delivery,
    Edit,
    Schedule,
    Signal,
    When,
)

LARGEST = 3
"""Instances that take part in one schedule, at most."""

_EDITS = (
    ("move",), ("cancel",), ("delete_event",), ("move", "move_back"), ("cancel", "revive"),
    ("delete_event", "move"), *((kind,) for kind in GUEST_EDITS),
)  # fmt: skip
_LINES = ("refuse", "stall", "stall", "cut")
_FAULTS = (
    ("insert", "late"), ("insert", "cut"), ("patch", "late"), ("patch", "cut"),
    ("delete", "late"), ("delete", "cut"), ("get", "cut"),
    ("claim", "lose"), ("record", "lose"), ("record", "refuse"), ("withdrawal", "refuse"),
)  # fmt: skip


def draw(seed: int) -> Schedule:
    """The schedule of a seed."""
    chance = random.Random(f"campaign/{seed}")
    instances = chance.choice((1, 2, 2, LARGEST))
    kinds = chance.choice(_EDITS) if chance.random() < 0.5 else ()
    signals = chance.choice((0, 1, 1, 2))
    return Schedule(
        seed=seed,
        instances=instances,
        deliveries=tuple(
            Delivery(round(chance.uniform(0, 0.5), 2), chance.randrange(instances))
            for _ in range(chance.choice((1, 2, 2, 3, 5)))
        ),
        call_faults=tuple(_call_fault(chance) for _ in range(chance.choice((0, 0, 1, 2)))),
        signals=tuple(_signal(chance, instances, kinds) for _ in range(signals)),
        edits=tuple(_edit(chance, kind) for kind in kinds),
        is_cold=chance.random() < 0.15,
        participants=chance.choice((0, 0, 1, 2)),
    )


def _edit(chance: random.Random, kind: str) -> Edit:
    resend = round(chance.uniform(0, 1), 2) if kind in SCHOOL_EDITS else None
    return Edit(kind, _when(chance), resend)


def _call_fault(chance: random.Random) -> CallFault:
    operation, kind = chance.choice(_FAULTS)
    seconds = {"seconds": round(chance.uniform(0.1, 4.0), 2)} if kind == "late" else {}
    return CallFault(operation, kind, chance.choice((0, 0, 1)), chance.choice((1, 1, 2)), seconds)


def _signal(chance: random.Random, instances: int, edits: tuple[str, ...]) -> Signal:
    kinds = [f"{service} {how}" for service in ("google", "firestore") for how in _LINES]
    kinds += ["KILL"] * 6
    kinds += ["TERM"] * 2 if instances > 1 else []
    # No worker asleep past its lease between its last check and its send: the promise rests on it.
    kinds += ["STOP"] * 2 if len(edits) < 2 else []
    kind = chance.choice(kinds)
    seconds = chance.uniform(0.3, 7.0 if kind == "STOP" else 3.0)
    lasts = 0.0 if kind in ("KILL", "TERM") else round(seconds, 2)
    return Signal(kind, chance.randrange(instances), _when(chance), lasts)


def _when(chance: random.Random) -> When:
    if chance.random() < 0.3:
        return When(seconds=round(chance.uniform(0, 2.5), 2))
    call = chance.choice(("claim", "claim", "record", "record", "record", "query", "read"))
    nth, moment = chance.choice((1, 1, 2)), chance.choice(("request", "answer"))
    return When(call=call, nth=nth, moment=moment)
