"""Draws the schedule of a seed: as the simulation does, but what only processes show."""

from tests.simulation.drawing import Chance, likely_calls
from tests.simulation.schedule import STORE_CALLS, Schedule, Step

_SIGNALS = {
    "KILL": 6, "TERM": 2, "STOP": 3,
    "google refuse": 1, "google stall": 2, "google cut": 1,
    "firestore refuse": 1, "firestore stall": 2, "firestore cut": 1,
}  # fmt: skip


def draw(seed: int) -> Schedule:
    """The schedule of a seed."""
    chance = Chance(f"campaign/{seed}")
    instances = chance.choice((1, 2, 2, 3))
    edits = [kind for kind in chance.kinds_of_edits() if kind != "reconcile"]
    calls = {name: weight for name, weight in likely_calls(edits).items() if name in STORE_CALLS}
    unplayed = [] if instances > 1 else ["TERM"]
    # No worker asleep past its lease between its last check and its send: the promise rests on it.
    unplayed += ["STOP"] if len(edits) > 1 else []
    likely = {kind: weight for kind, weight in _SIGNALS.items() if kind not in unplayed}
    kinds = [chance.weighted(likely) for _ in range(chance.choice((0, 1, 1, 2)))]
    signals = [chance.signal(each, instances, calls, 7 if each == "STOP" else 3) for each in kinds]
    if chance.random() < 0.15:  # as right after a start: nothing is connected, no token is known
        signals += [Step("KILL", instance=instance) for instance in range(instances)]
    return Schedule(
        seed=seed,
        steps=(
            *chance.deliveries(instances, classes=1),
            *signals,
            *chance.edits(edits, calls, classes=1),
        ),
        participants=chance.choice((0, 0, 1, 2)),
    )
