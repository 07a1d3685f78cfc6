"""What schedules are played in: the emulator, the stand-in for Google, and instances."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.google.client import Control
from shared.classes.document import event_id
from tests.campaign.instances import Instance
from tests.simulation.history import History
from tests.simulation.observations import Attempt, Call, State
from tests.support.classes import Classes
from tests.support.served import PROJECT

_GENERATIONS = 4


class ProcessHistory(History):
    """Processes do not tell whose a call is."""

    def seen_at(self, attempt: Attempt) -> float:
        return attempt.started_at  # or later

    def lease_end(self, call: Call) -> float:
        claims = [each.write for each in self.commits_until(call.sent_at) if each.write.token]
        return claims[-1].expires_at if claims else float("inf")


@dataclass
class World:
    emulator: str
    control: Control
    classes: Classes

    @contextmanager
    def running(
        self, source: Path, logs: Path, settings: Sequence[Mapping[str, object]]
    ) -> Iterator[list[Instance]]:
        """Runs an instance of the function packaged in `source` with each of the settings."""
        google = self.control.url.removeprefix("http://")
        with ExitStack() as running:

            def start(own: Mapping[str, object]) -> Instance:
                instance = Instance(source, self.emulator, google, logs, own)
                running.callback(instance.close)
                return instance

            with ThreadPoolExecutor(4) as starting:
                instances = list(starting.map(start, settings))
            yield instances

    def state(self, class_id: str, at: float, *, is_quiet: bool) -> State:
        """What there is of a class. Mails only if it is quiet: they become very many."""
        events = self._events_of(class_id)
        ids = {event["id"] for event in events}
        mails = [
            (mail["kind"], mail["event_id"], mail["attendee"])
            for mail in (self.control.invitations() if is_quiet else ())
            if mail["event_id"] in ids
        ]
        return State(at, self.classes.get(class_id), events, mails, is_quiet)

    def calls_to_google(self, class_id: str, after: int, began_at: float) -> list[Call]:
        """About a class, after that many requests; `began_at` is the schedule's zero, monotonic."""
        ours = [*event_ids(class_id), class_id]
        return [
            _call(entry, began_at)
            for entry in self.control.requests(after=after)
            if any(each in f"{entry['path']} {entry['body']}" for each in ours)
        ]

    def forget(self, class_id: str) -> None:
        """Removes a class and its events."""
        for event in self._events_of(class_id):
            self.control.remove(event["id"], for_good=True)
        self.classes.delete(class_id)

    def _events_of(self, class_id: str) -> list[dict[str, Any]]:
        return [
            event
            for event in self.control.events()
            if event["extendedProperties"]["private"].get("virtualClassId") == class_id
        ]


def event_ids(class_id: str) -> list[str]:
    """The ids under which a class's events are made."""
    name = f"projects/{PROJECT}/databases/(default)/documents/VirtualClass/{class_id}"
    return [event_id(name, generation) for generation in range(_GENERATIONS)]


def _call(entry: dict[str, Any], began_at: float) -> Call:
    """A request to Google. For want of its delivery it tells its connection, which one thread has
    at a time."""
    effect, finished = entry["effect_at"], entry["finished_at"]
    return Call(
        entry["operation"],
        entry["path"].rpartition("/")[2],
        instance=-1,
        delivery=int(entry["client"].rpartition(":")[2]),
        sent_at=entry["received_at"] - began_at,
        effect_at=effect and effect - began_at,
        ended_at=finished and finished - began_at,
        outcome=str(entry["status"]),
        fault=entry["fault"] and entry["fault"]["kind"],
    )
