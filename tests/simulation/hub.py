"""Virtual time: one heap of what is to happen next, and the tasks that wait for it.

A task is a greenlet: it runs until it waits, for an answer or for time to pass, and nothing else
runs meanwhile. What falls on the same moment happens in an order drawn from the seed.
"""

import heapq
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

Act = Callable[[], object]

EPOCH = datetime(2030, 1, 7, 12, tzinfo=UTC)
"""When every schedule begins, by the services' clocks."""


@dataclass(eq=False)
class Machine:
    """What runs tasks: it can be suspended, with or without its clock, and killed.

    `skew` is by how many seconds its wall clock is off, `token` its access token.
    """

    number: int
    skew: float = 0.0
    token: str | None = None
    suspended_until: float = 0.0
    seconds_lost: float = 0.0


SENDERS = Machine(-1)
"""Nobody's in particular."""


class Task(greenlet):  # type: ignore[misc]
    """Work on a machine for the delivery of that number. `waits` are its waits so far, `time_out`
    is the entry that ends the present one."""

    hub: "Hub"
    machine: Machine
    delivery: int
    waits = 0
    time_out: "list[Any] | None" = None


class Hub:
    """The time, and what is still to happen. As a clock (see shared/clock.py) it tells the time of
    the machine that asks. Only `wait` and `sleep` are called by tasks, all else by anybody but
    `wake` and `kill`: a task does not run another."""

    def __init__(self, seed: int) -> None:
        self.now = 0.0
        self._greenlet = getcurrent()
        self._tasks: list[Task] = []
        self._heap: list[list[Any]] = []
        self._ties = random.Random(f"ties/{seed}")

    def monotonic(self) -> float:
        return self.now - current_task().machine.seconds_lost

    def time(self) -> float:
        return EPOCH.timestamp() + self.now + current_task().machine.skew

    def at(self, when: float, act: Act) -> list[Any]:
        """Has something done at a moment. Returns its entry, whose end is the act."""
        entry = [round(max(when, self.now), 6), self._ties.random(), act]
        heapq.heappush(self._heap, entry)
        return entry

    def run(self) -> None:
        """Lets everything happen, until nothing is left that will."""
        while self._heap:
            when, _, act = heapq.heappop(self._heap)
            if act is not None:
                self.now = when
                act()

    def begin(self, work: Act, machine: Machine = SENDERS, delivery: int = -1) -> None:
        task = Task(lambda _: work(), self._greenlet)
        task.hub, task.machine, task.delivery = self, machine, delivery
        self._tasks.append(task)
        self.at(self.now, lambda: self.wake(task, 0, None))

    def kill(self, machine: Machine) -> None:
        """Ends whatever runs on a machine."""
        for task in list(self._tasks):
            if task.machine is machine and not task.dead:
                self._end_wait(task)
                task.throw(GreenletExit)

    def wait(self, seconds: float) -> Any:
        """Waits until the task is woken, and returns with what, or until so many seconds of its
        machine's clock have passed, and returns None."""
        task = current_task()
        number, machine = task.waits, task.machine
        due = self.now - machine.seconds_lost + max(seconds, 0.0)

        def time_out() -> None:
            if round(due + machine.seconds_lost, 6) > self.now:  # its clock stood still meanwhile
                task.time_out = self.at(due + machine.seconds_lost, time_out)
            else:
                self.wake(task, number, None)

        task.time_out = self.at(self.now + max(seconds, 0.0), time_out)
        return self._greenlet.switch()

    sleep = wait

    def wake(self, task: Task, wait: int, value: object) -> None:
        """Ends a task's wait of that number, unless it has ended already, as soon as its machine
        runs."""
        if task.waits != wait:
            return
        if task.machine.suspended_until > self.now:
            self.at(task.machine.suspended_until, lambda: self.wake(task, wait, value))
            return
        self._end_wait(task)
        task.switch(value)

    def _end_wait(self, task: Task) -> None:
        task.waits += 1
        if task.time_out is not None:
            task.time_out[-1] = None


def current_task() -> Task:
    task = getcurrent()
    assert isinstance(task, Task)
    return task


def beside(work: Act) -> None:
    """Has the task's machine do something beside it; its failure is nobody's."""
    task = current_task()

    def work_alone() -> None:
        with suppress(Exception):
            work()

    task.hub.begin(work_alone, task.machine, task.delivery)
