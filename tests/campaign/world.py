"""Everything a campaign runs in: the emulator, the stand-in for Google, proxies, instances."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.local.google import defaults
from infra.local.google.client import Control
from tests.campaign.firestore_proxy import Line, firestore_proxy
from tests.campaign.instances import Deployed, Instance, Pool, Services
from tests.campaign.tcp_proxy import event_loop
from tests.support.classes import Classes
from tests.support.served import PROJECT

Entry = dict[str, Any]


@dataclass
class GoogleJournal:
    """The stand-in's journal, read bit by bit."""

    control: Control
    owners: Mapping[int, Instance]
    _entries: dict[int, Entry] = field(default_factory=dict)
    _complete: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def entries(self, since: float) -> list[Entry]:
        """What arrived after a moment of the monotonic clock, as it is now; `instance` is added."""
        with self._lock:
            for entry in self.control.requests(after=self._complete):
                owner = self.owners.get(int(entry["client"].rpartition(":")[2]))
                known = self._entries.get(entry["sequence"], {})
                entry["instance"] = known.get("instance", owner and owner.number)
                self._entries[entry["sequence"]] = entry
            while self._entries.get(self._complete + 1, {}).get("finished_at"):
                self._complete += 1
            entries = list(self._entries.values())
        return [entry for entry in entries if entry["received_at"] >= since]

    def forget(self) -> None:
        with self._lock:
            self._entries.clear()
            self._complete = 0


@dataclass
class World:
    """What schedules play in; each with a class, and instances, of its own."""

    control: Control
    classes: Classes
    pool: Pool
    instances: Sequence[Instance]
    journal: GoogleJournal

    def events_of(self, class_id: str) -> list[Entry]:
        """Every event of a class, deleted ones too."""
        return [
            event
            for event in self.control.events()
            if event["extendedProperties"]["private"].get("virtualClassId") == class_id
        ]

    def renew(self) -> None:
        """Forgets what was; no schedule may be under way."""
        self.classes.clear()
        self.control.reset()
        self.journal.forget()
        clients = {instance.client_id: defaults.CLIENT_SECRET for instance in self.instances}
        self.control.settings(clients=clients)
        for instance in self.instances:
            token = f"token-of-{instance.number}"
            self.control.add_refresh_token(token, client_id=instance.client_id)
            self.control.add_secret_version(token, PROJECT, instance.secret)


@contextmanager
def running_world(
    emulator: str, control: Control, logs: Path, deployed: Sequence[Deployed]
) -> Iterator[World]:
    """Runs an instance for each of `deployed`, in front of the emulator and the stand-in."""
    google_owners: dict[int, Instance] = {}
    firestore_owners: dict[int, Instance] = {}

    def line_of(port: int) -> Line | None:
        owner = firestore_owners.get(port)
        return owner.line if owner else None

    with ExitStack() as running:
        loop = running.enter_context(event_loop())
        firestore = running.enter_context(firestore_proxy(emulator, line_of))
        services = Services(loop, firestore, control.url, logs, google_owners, firestore_owners)

        def start(number: int) -> Instance:
            instance = Instance(number, deployed[number], services)
            running.callback(instance.close)
            return instance

        with ThreadPoolExecutor(4) as starting:
            held = list(starting.map(start, range(len(deployed))))
        classes = running.enter_context(Classes(emulator))
        world = World(control, classes, Pool(held), held, GoogleJournal(control, google_owners))
        world.renew()
        yield world
