"""Variants of `create_event`, each broken in a way that only processes show: a copy of the
package with some exact text replaced, and a schedule that brings the fault to light."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

from tests.campaign.player import World
from tests.simulation.report import Catch
from tests.simulation.schedule import Schedule, Step
from tests.simulation.variants import Bug
from tests.support.planted_bug import with_bugs

_FIRESTORE, _SOCKET = "shared/google/firestore.py", "shared/google/bounded_socket.py"
_TIMEOUT = "self.settimeout(seconds_left(self.deadline))\n        return super().recv_into"
_DELIVER = Step("deliver", instance=0)
_GOOGLE_STALLS = Step("google stall", call="claim", nth=2, instance=0, seconds=8.0)
_DIGEST = 'hashlib.sha256(f"{class_name}#{generation}".encode()).digest()'

VARIANTS: dict[str, tuple[Bug, Schedule]] = {
    "a random event id, and a kill between insert and record": (
        ("shared/classes/document.py", _DIGEST, '__import__("os").urandom(32)'),
        Schedule(0, (_DELIVER, Step("KILL", call="record", moment="request", instance=0))),
    ),
    "an answer of Google's awaited without a deadline": (
        (_SOCKET, _TIMEOUT, _TIMEOUT.replace("seconds_left(self.deadline)", "None")),
        Schedule(0, (_DELIVER, _GOOGLE_STALLS, Step("move", call="record", resend=0.0))),
    ),
    "Firestore's library left to its own deadline and retries": (
        (_FIRESTORE, "call(retry=_NO_RETRY, timeout=left)", "call()"),
        Schedule(0, (_DELIVER, Step("firestore stall", call="claim", instance=0, seconds=8.0))),
    ),
}


def play_variants(world: World) -> Iterator[tuple[str, list[Catch]]]:
    """Plays the schedule of each, all at a time; yields what it violated."""

    def played(name: str) -> tuple[str, list[Catch]]:
        bug, schedule = VARIANTS[name]
        directory = Path(mkdtemp(dir=world.directory))
        copy = with_bugs(world.source, directory, [bug])
        [(_, found)] = replace(world, source=copy, directory=directory).play([schedule])
        return name, [(0, {each.invariant for each in found})]

    with ThreadPoolExecutor(len(VARIANTS)) as playing:
        yield from playing.map(played, VARIANTS)
