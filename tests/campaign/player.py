"""Plays one schedule by real processes."""

import http.client
import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from infra.local.processes import wait_until
from shared.classes.document import event_id
from tests.campaign.instances import Instance
from tests.campaign.world import World
from tests.simulation.history import History
from tests.simulation.observations import Attempt, Call, State
from tests.simulation.schedule import SCHOOL_EDITS, STORE_CALLS, Delivery, Schedule, Signal
from tests.simulation.school import PARTICIPANTS, changes_of
from tests.simulation.stage import Stage
from tests.support.client import book
from tests.support.served import PROJECT

_RESEND_SECONDS = 30.0
_QUIET_SECONDS = 40.0
_GENERATIONS = 4


class ProcessHistory(History):
    def seen_at(self, attempt: Attempt) -> float:
        """When it began, at the earliest: processes do not tell whose a call is."""
        return attempt.started_at


class Player(Stage):
    """Each sender is a thread, and so is whatever waits for its time."""

    def __init__(self, world: World, instances: Sequence[Instance], schedule: Schedule) -> None:
        self._world, self._instances = world, instances
        guests = list(PARTICIPANTS[: schedule.participants])
        self._class_id = world.classes.add(participantEmails=guests)
        super().__init__(schedule, [ProcessHistory(schedule, self._class_id)])
        self._preference_id = world.classes.preference_of(self._class_id)
        name = f"projects/{PROJECT}/databases/(default)/documents/VirtualClass/{self._class_id}"
        self._event_ids = [event_id(name, generation) for generation in range(_GENERATIONS)]
        self._requests_before = sum(world.control.counts().values())
        self._chance = random.Random(schedule.seed)
        self._threads: list[threading.Thread] = []
        self._lock = threading.RLock()
        """Held while an edit or a signal is made."""

    def begin(self, on_call: Callable[[Call, str], None]) -> None:
        def passes(call: Call, moment: str) -> None:
            with self._lock:
                if moment == "answer" and call.operation in ("record", "withdrawal"):
                    call.state = self.state(self._class_id)
                on_call(call, moment)

        faults = self.schedule.call_faults
        of_store = [each for each in faults if each.operation in STORE_CALLS]
        for fault in faults:
            if fault not in of_store:
                plan = {"skip": fault.skip, "times": fault.times, **fault.details}
                for each in self._event_ids[:2]:
                    self._world.control.fault(fault.operation, fault.kind, match=each, **plan)
        for instance in self._instances if self.schedule.is_cold else ():
            instance.restart_cold()
        self.epoch, self._began_at = datetime.now(UTC), time.monotonic()
        for number, instance in enumerate(self._instances):
            instance.store.use(number, self._began_at, passes, of_store)

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

    def run(self) -> None:
        while self._threads:
            self._threads.pop().join()
        [history] = self.histories
        wait_until(lambda: all(each.ended_at for each in self.calls_of(history)), _QUIET_SECONDS)

    def mend(self) -> None:
        for instance in self._instances:
            instance.store.faults = ()
            instance.settle()

    def send(self, delivery: Delivery) -> None:
        self._start(threading.Thread(target=self._send, args=(delivery.instance,)))

    def post_once(self, delivery: Delivery) -> None:
        self._post(delivery.instance)

    def signal(self, planned: Signal) -> None:
        instance = self._instances[planned.instance]
        match planned.kind.split():
            case ["TERM"]:
                instance.terminate()
            case [service, how]:
                getattr(instance.lines[service], how)()
            case [name]:
                instance.signal(signal.Signals[f"SIG{name}"])
        if planned.seconds:
            self.at(self.now + planned.seconds, instance.resume)

    def edit(self, class_id: str, kind: str) -> str:
        if kind in SCHOOL_EDITS:
            document = self._world.classes.get(class_id)
            self._world.classes.change(class_id, **changes_of(kind, document))
            return ""
        for event in self.state(class_id).live_events:
            self._world.control.remove(event["id"])
            return str(event["id"])
        return ""

    def state(self, class_id: str, *, is_quiet: bool = False) -> State:
        return self._world.state(class_id, self.now, is_quiet=is_quiet)

    def calls_of(self, history: History) -> list[Call]:
        of_store = [call for instance in self._instances for call in instance.store.calls]
        entries = self._world.control.requests(after=self._requests_before)
        ours = [*self._event_ids, history.class_id]
        return of_store + [
            self._call_to_google(entry)
            for entry in entries
            if any(each in f"{entry['path']} {entry['body']}" for each in ours)
        ]

    def _call_to_google(self, entry: dict[str, Any]) -> Call:
        """For want of its delivery it tells its connection, which one thread has at a time."""
        effect, finished = entry["effect_at"], entry["finished_at"]
        return Call(
            entry["operation"],
            entry["path"].rpartition("/")[2],
            instance=-1,
            delivery=int(entry["client"].rpartition(":")[2]),
            sent_at=entry["received_at"] - self._began_at,
            effect_at=effect and effect - self._began_at,
            ended_at=finished and finished - self._began_at,
            outcome=str(entry["status"]),
            fault=entry["fault"] and entry["fault"]["kind"],
        )

    def _start(self, thread: threading.Thread) -> None:
        self._threads.append(thread)
        thread.start()

    def _send(self, index: int) -> None:
        until = self.now + _RESEND_SECONDS
        while not self._post(index).is_final and self.now < until:
            time.sleep(self._chance.uniform(0.05, 0.6))
            index = self._chance.randrange(len(self._instances))

    def _post(self, index: int) -> Attempt:
        attempts = self.histories[0].attempts
        attempt = Attempt(len(attempts), index, self.now)
        attempts.append(attempt)
        try:
            answer = book(self._instances[index].address, self._preference_id)
            attempt.status, attempt.code = answer.status, answer.json.get("code", "ok")
        except (OSError, http.client.HTTPException) as error:
            attempt.code = type(error).__name__
        attempt.ended_at = self.now
        attempt.seconds = attempt.ended_at - attempt.started_at
        return attempt
