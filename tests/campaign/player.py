"""Plays schedules by real processes, many at a time."""

import http.client
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from infra.local.google.control import Control
from infra.local.processes import wait_until
from tests.campaign.firestore import EPOCH
from tests.campaign.instances import Instance
from tests.simulation.history import NEVER, Attempt, Call, History
from tests.simulation.invariants import violations
from tests.simulation.report import Outcome
from tests.simulation.schedule import Schedule, Step
from tests.simulation.stage import Stage
from tests.support.classes import Classes
from tests.support.client import book

_QUIET_SECONDS = 40.0
_STARTED_AT_ONCE = 4


class _Time:
    """The monotonic clock. Each sender is a thread, and so is whatever waits for its time; who
    acts holds `lock`."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._threads: list[threading.Thread] = []

    @property
    def now(self) -> float:
        return time.monotonic()

    def at(self, when: float, act: Callable[[], object]) -> None:
        def act_alone() -> None:
            with self.lock:
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


class Player(Stage):
    """One schedule being played."""

    is_exact = False

    def __init__(
        self, schedule: Schedule, classes: Classes, google: Control, instances: Sequence[Instance]
    ) -> None:
        self._time, self._instances = _Time(), instances
        super().__init__(schedule, self._time, EPOCH, classes, google)
        self._requests_before = sum(google.counts().values())
        for number, instance in enumerate(instances):
            instance.store.on_call = partial(self._pass, number)
        self.add_class()

    def play(self) -> list[History]:
        [history] = super().play()
        for event in self.state(history.class_id).events:
            self.calendar.remove(event["id"], for_good=True)
        self.classes.delete(history.class_id)
        return [history]

    def _pass(self, instance: int, call: Call, moment: str) -> bool:
        """Whether the instance is killed exactly here, and its call goes no further."""
        call.instance = instance
        with self._time.lock:
            return any(step.kind == "KILL" for step in self.on_call(call, moment))

    def mend(self) -> None:
        for instance in self._instances:
            instance.settle()
        [history] = self.histories
        wait_until(lambda: all(c.ended_at < NEVER for c in self.calls_of(history)), _QUIET_SECONDS)

    def deliver(self, attempt: Attempt, preference_id: str) -> None:
        try:
            answer = book(self._instances[attempt.instance].address, preference_id)
        except (OSError, http.client.HTTPException) as error:
            attempt.code = type(error).__name__
        else:
            attempt.status, attempt.code = answer.status, answer.json.get("code", "ok")
            attempt.seconds = time.monotonic() - attempt.started_at

    def cause(self, step: Step) -> None:
        process = self._instances[step.instance or 0]
        match step.kind.split():
            case ["TERM"]:
                process.terminate()
            case [service, how]:
                getattr(process.lines[service], how)()
            case [name]:
                process.signal(signal.Signals[f"SIG{name}"])
        if step.seconds:
            self._time.at(time.monotonic() + step.seconds, process.resume)

    def calls_of(self, history: History) -> list[Call]:
        """For want of its delivery a request to Google tells its connection, which one thread has
        at a time."""
        ours = {history.class_id, *(event["id"] for event in self.state(history.class_id).events)}
        of_google = [
            Call(
                entry["operation"],
                entry["path"].rpartition("/")[2],
                instance=-1,
                delivery=int(entry["client"].rpartition(":")[2]),
                sent_at=entry["received_at"],
                effect_at=entry["effect_at"] or NEVER,
                ended_at=entry["finished_at"] or NEVER,
                outcome=str(entry["status"]),
            )
            for entry in self.calendar.requests(after=self._requests_before)
            if any(each in f"{entry['path']} {entry['body']}" for each in ours)
        ]
        return self.calls + of_google


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
        turn = threading.Lock()

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
