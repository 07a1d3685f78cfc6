"""Draws the schedule of a seed: as the simulation does, but what only processes show."""

import random

from tests.simulation.drawing import (
    Calls,
    draw_deliveries,
    draw_edits,
    draw_when,
    kinds_of_edits,
    likely_calls,
)
from tests.simulation.schedule import STORE_CALLS, Schedule, Signal, When

LARGEST = 3
"""Instances that take part in one schedule, at most."""

_LINES = tuple(
    f"{service} {how}"
    for service in ("google", "firestore")
    for how in ("refuse", "stall", "stall", "cut")
)


def draw(seed: int) -> Schedule:
    """The schedule of a seed."""
    chance = random.Random(f"campaign/{seed}")
    instances = chance.choice((1, 2, 2, LARGEST))
    kinds = [kind for kind in kinds_of_edits(chance) if kind != "reconcile"]
    calls = {name: weight for name, weight in likely_calls(kinds).items() if name in STORE_CALLS}
    signals = [_signal(chance, instances, kinds, calls) for _ in range(chance.choice((0, 1, 1, 2)))]
    # As right after a start: nothing is connected, no token is known.
    cold = range(instances) if chance.random() < 0.15 else ()
    return Schedule(
        seed=seed,
        deliveries=draw_deliveries(chance, instances, classes=1),
        signals=(*signals, *(Signal("KILL", instance, When()) for instance in cold)),
        edits=draw_edits(chance, kinds, calls, classes=1),
        participants=chance.choice((0, 0, 1, 2)),
    )


def _signal(chance: random.Random, instances: int, edits: list[str], calls: Calls) -> Signal:
    kinds = [*_LINES, *(6 * ["KILL"])]
    kinds += 2 * ["TERM"] if instances > 1 else []
    # No worker asleep past its lease between its last check and its send: the promise rests on it.
    kinds += 2 * ["STOP"] if len(edits) < 2 else []
    kind = chance.choice(kinds)
    seconds = chance.uniform(0.3, 7.0 if kind == "STOP" else 3.0)
    lasts = 0.0 if kind in ("KILL", "TERM") else round(seconds, 2)
    return Signal(kind, chance.randrange(instances), draw_when(chance, calls), lasts)
