"""Plays many schedules and judges them."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Lock

from infra.local.google.client import Control
from tests.campaign.instances import Instance
from tests.campaign.player import Player
from tests.simulation.history import History
from tests.simulation.invariants import OF_PROCESSES, Violation, violations
from tests.simulation.schedule import Schedule
from tests.support.classes import Classes

Outcome = tuple[History, list[Violation]]


@dataclass
class World:
    """What schedules are played in: the emulator and the stand-in for Google."""

    emulator: str
    google: Control
    classes: Classes

    @contextmanager
    def running(
        self, source: Path, logs: Path, settings: Sequence[Mapping[str, object]]
    ) -> Iterator[list[Instance]]:
        """Runs an instance of the function packaged in `source` with each of the settings."""
        google = self.google.url.removeprefix("http://")
        with ExitStack() as running:

            def start(own: Mapping[str, object]) -> Instance:
                instance = Instance(source, self.emulator, google, logs, own)
                running.callback(instance.close)
                return instance

            with ThreadPoolExecutor(4) as starting:
                instances = list(starting.map(start, settings))
            yield instances

    def play(
        self, schedules: Sequence[Schedule], instances: Sequence[Instance], jobs: int = 1
    ) -> Iterator[Outcome]:
        """Plays schedules, `jobs` at a time, and yields each with what it violated as it ends."""
        free: SimpleQueue[Instance] = SimpleQueue()
        for instance in instances:
            free.put(instance)
        turn = Lock()

        def play(schedule: Schedule) -> History:
            with turn:  # nobody waits with a part of what it needs
                own = [free.get() for _ in range(schedule.instances)]
            [history] = Player(schedule, self.classes, self.google, own).play()
            for instance in own:
                instance.refresh()
                free.put(instance)
            return history

        with ThreadPoolExecutor(jobs) as playing:
            for future in as_completed([playing.submit(play, each) for each in schedules]):
                history = future.result()
                yield history, violations(history, OF_PROCESSES)
