"""Plays many schedules and judges them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Lock

from infra.local.google.control import Control
from tests.campaign.instances import Instance
from tests.campaign.player import Player
from tests.simulation.invariants import violations
from tests.simulation.report import Outcome
from tests.simulation.schedule import Schedule
from tests.support.classes import Classes

_STARTED_AT_ONCE = 4


@dataclass(frozen=True)
class World:
    """What schedules are played in: the emulator, the stand-in for Google, and instances of the
    function packaged in `source`. `directory` gets their logs."""

    emulator: str
    google: Control
    classes: Classes
    source: Path
    directory: Path

    def play(self, schedules: Sequence[Schedule], jobs: int = 1) -> Iterator[Outcome]:
        """Plays schedules, `jobs` at a time, and yields each as it ends."""
        free: SimpleQueue[Instance] = SimpleQueue()
        turn = Lock()

        def play(schedule: Schedule) -> Outcome:
            with turn:  # nobody waits with a part of what it needs
                own = [free.get() for _ in range(schedule.instances)]
            try:
                histories = Player(schedule, self.classes, self.google, own).play()
            finally:
                for instance in own:
                    instance.refresh()
                    free.put(instance)
            return histories, violations(histories)

        with ExitStack() as running, ThreadPoolExecutor(jobs) as playing:

            def start(_number: int) -> None:
                instance = Instance(self.source, self.emulator, self.google.url, self.directory)
                running.callback(instance.close)
                free.put(instance)

            needed = max(*(each.instances for each in schedules), jobs * 3 // 2)
            with ThreadPoolExecutor(_STARTED_AT_ONCE) as starting:
                list(starting.map(start, range(needed)))
            for future in as_completed([playing.submit(play, each) for each in schedules]):
                yield future.result()
