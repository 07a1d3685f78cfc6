"""Plays one schedule by real processes."""

import http.client
import signal
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from infra.local.google.client import Control
from infra.local.processes import wait_until
from tests.campaign.firestore import Refused
from tests.campaign.instances import Instance
from tests.simulation.history import NEVER, Attempt, Call, History
from tests.simulation.schedule import PARTICIPANTS, Schedule
from tests.simulation.stage import Stage
from tests.support.classes import Classes
from tests.support.client import book

_QUIET_SECONDS = 40.0


class Player(Stage):
    """Each sender is a thread, and so is whatever waits for its time."""

    slack = 3.0  # a busy machine's

    def __init__(
        self, schedule: Schedule, classes: Classes, google: Control, instances: Sequence[Instance]
    ) -> None:
        guests = list(PARTICIPANTS[: schedule.participants])
        super().__init__(schedule, classes, google, [classes.add(participantEmails=guests)])
        self._instances = instances
        self._requests_before = sum(google.counts().values())
        self._threads: list[threading.Thread] = []
        self._lock = threading.RLock()  # held while an edit or a signal is made
        self._has_killed = False

    def play(self) -> list[History]:
        self.epoch, self._began_at = datetime.now(UTC), time.monotonic()
        for number, instance in enumerate(self._instances):
            instance.store.use(self._pass, number, self._began_at)
        [history] = super().play()
        for event in self.state(history.class_id).events:
            self.calendar.remove(event["id"], for_good=True)
        self.classes.delete(history.class_id)
        return [history]

    def _pass(self, call: Call, moment: str) -> None:
        """Raises Refused if somebody is killed exactly here."""
        with self._lock:
            self._has_killed = False
            self.on_call(call, moment)
            if self._has_killed:
                raise Refused

    @property
    def now(self) -> float:
        return time.monotonic() - self._began_at

    def at(self, when: float, act: Callable[[], object]) -> None:
        def act_alone() -> None:
            with self._lock:
                act()

        if when <= self.now:
            act_alone()
        else:
            self._start(threading.Timer(when - self.now, act_alone))

    def begin(self, work: Callable[[], object]) -> None:
        self._start(threading.Thread(target=work))

    def _start(self, thread: threading.Thread) -> None:
        thread.start()
        self._threads.append(thread)

    def run(self) -> None:
        while self._threads:
            self._threads.pop().join()
        [history] = self.histories

        def is_quiet() -> bool:
            return all(call.ended_at < NEVER for call in self.calls_of(history))

        wait_until(is_quiet, _QUIET_SECONDS)

    def mend(self) -> None:
        for instance in self._instances:
            instance.settle()

    def deliver(self, attempt: Attempt, preference_id: str) -> None:
        try:
            answer = book(self._instances[attempt.instance].address, preference_id)
        except (OSError, http.client.HTTPException) as error:
            attempt.code = type(error).__name__
        else:
            attempt.status, attempt.code = answer.status, answer.json.get("code", "ok")
            attempt.seconds = self.now - attempt.started_at

    def signal(self, kind: str, instance: int, seconds: float) -> None:
        process = self._instances[instance]
        match kind.split():
            case ["TERM"]:
                process.terminate()
            case [service, how]:
                getattr(process.lines[service], how)()
            case [name]:
                process.signal(signal.Signals[f"SIG{name}"])
                self._has_killed |= name == "KILL"
        if seconds:
            self.at(self.now + seconds, process.resume)

    def repair(self) -> None:
        raise NotImplementedError("the repair is played by the simulation")

    def calls_of(self, history: History) -> list[Call]:
        of_store = [call for instance in self._instances for call in instance.store.calls]
        ours = {history.class_id, *(event["id"] for event in self.state(history.class_id).events)}
        of_google = [
            self._call(entry)
            for entry in self.calendar.requests(after=self._requests_before)
            if any(each in f"{entry['path']} {entry['body']}" for each in ours)
        ]
        return of_store + of_google

    def _call(self, entry: dict[str, Any]) -> Call:
        """A request to Google. For want of its delivery it tells its connection, which one thread
        has at a time."""
        effect, finished = entry["effect_at"] or NEVER, entry["finished_at"] or NEVER
        return Call(
            entry["operation"],
            entry["path"].rpartition("/")[2],
            instance=-1,
            delivery=int(entry["client"].rpartition(":")[2]),
            sent_at=entry["received_at"] - self._began_at,
            effect_at=effect - self._began_at,
            ended_at=finished - self._began_at,
            outcome=str(entry["status"]),
        )
