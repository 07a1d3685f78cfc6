"""What schedules are played in: the emulator, the stand-in for Google, and instances."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.google.client import Control
from tests.campaign.instances import Instance
from tests.simulation.observations import State
from tests.support.classes import Classes

Settings = Mapping[str, object]


@dataclass
class World:
    control: Control
    classes: Classes
    instances: Sequence[Instance]

    def events_of(self, class_id: str) -> list[dict[str, Any]]:
        """Every event of a class, deleted ones too."""
        return [
            event
            for event in self.control.events()
            if event["extendedProperties"]["private"].get("virtualClassId") == class_id
        ]

    def state(self, class_id: str, at: float, *, is_quiet: bool) -> State:
        """What there is of a class. Mails only if it is quiet: they become very many."""
        events = self.events_of(class_id)
        ids = {event["id"] for event in events}
        mails = [
            (mail["kind"], mail["event_id"], mail["attendee"])
            for mail in (self.control.invitations() if is_quiet else ())
            if mail["event_id"] in ids
        ]
        return State(at, self.classes.get(class_id), events, mails, is_quiet)

    def forget(self, class_id: str) -> None:
        """Removes a class and its events."""
        for event in self.events_of(class_id):
            self.control.remove(event["id"], for_good=True)
        self.classes.delete(class_id)


@contextmanager
def running_world(
    emulator: str,
    control: Control,
    classes: Classes,
    logs: Path,
    source: Path,
    each: Sequence[Settings],
) -> Iterator[World]:
    """Runs an instance of the function packaged in `source` with each of these settings."""
    with ExitStack() as running:
        google = control.url.removeprefix("http://")

        def start(settings: Settings) -> Instance:
            instance = Instance(source, emulator, google, logs, settings)
            running.callback(instance.close)
            return instance

        with ThreadPoolExecutor(4) as starting:
            instances = list(starting.map(start, each))
        yield World(control, classes, instances)
