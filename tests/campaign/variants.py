"""Variants of `create_event`, each broken in a way that the campaign must notice: a copy of the
package with some exact text replaced, and a schedule that brings the fault to light."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.campaign.campaign import Outcome, run
from tests.campaign.world import World
from tests.simulation.schedule import CallFault, Delivery, Edit, Schedule, Signal, When
from tests.simulation.variants import Variant
from tests.support.planted_bug import with_bugs

_STORE, _SOCKET = "shared/classes/store.py", "shared/google/bounded_socket.py"
_TIMEOUT = "self._sock.settimeout(seconds_left(self._deadline))\n        return"
_DIGEST = 'hashlib.sha256(f"{class_name}#{generation}".encode()).digest()'
_SKEW = '__import__("datetime").timedelta(seconds=float(__import__("os").environ["CLOCK_SKEW"]))'


def _schedule(signal: Signal, **details: Any) -> Schedule:
    return Schedule(0, 1, (Delivery(0.0, 0),), signals=(signal,), **details)


VARIANTS = (
    Variant(
        "a random event id, and a kill between insert and record",
        (("shared/classes/document.py", _DIGEST, '__import__("os").urandom(32)'),),
        _schedule(Signal("KILL", 0, When(call="record", moment="request"))),
    ),
    Variant(
        "a lease by one instance's clock, 60 s off",
        ((_STORE, "read_time=snapshot.read_time", f"read_time=snapshot.read_time + {_SKEW}"),),
        Schedule(
            seed=0,
            instances=2,
            deliveries=(Delivery(0.0, 0), Delivery(1.4, 1)),
            call_faults=(CallFault("insert", "late", details={"seconds": 3.0}),),
            skews=(0.0, 60.0),
        ),
    ),
    Variant(
        "an answer of Google's awaited without a deadline",
        ((_SOCKET, _TIMEOUT, _TIMEOUT.replace("seconds_left(self._deadline)", "None")),),
        _schedule(
            Signal("google stall", 0, When(call="claim", nth=2), 8.0),
            edits=(Edit("move", When(call="record"), resend=0.0),),
        ),
    ),
    Variant(
        "Firestore's library left to its own deadline and retries",
        (("shared/google/firestore.py", "call(retry=_NO_RETRY, timeout=left)", "call()"),),
        _schedule(Signal("firestore stall", 0, When(call="claim"), 8.0)),
    ),
)


def run_variants(world: World, source: Path, directory: Path) -> Iterator[tuple[Variant, Outcome]]:
    """Plays the schedule of each, all at a time."""

    def outcome(number: int) -> tuple[Variant, Outcome]:
        variant, schedule = VARIANTS[number], VARIANTS[number].schedule
        assert schedule
        copy = with_bugs(source, directory / f"variant-{number}", variant.bugs)
        skews = schedule.skews or (0.0,) * schedule.instances
        with world.running(copy, directory, [{"CLOCK_SKEW": skew} for skew in skews]) as instances:
            [outcome] = run(world, instances, [schedule])
            return variant, outcome

    with ThreadPoolExecutor(len(VARIANTS)) as playing:
        yield from playing.map(outcome, range(len(VARIANTS)))
