"""Virtual time: one heap of what is to happen next, and the tasks that wait for it.

A task is a greenlet: it runs until it waits, for an answer or for time to pass, and nothing else
runs meanwhile. What falls on the same moment happens in an order drawn from the seed.
"""

import heapq
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

Act = Callable[[], object]

EPOCH = datetime(2030, 1, 7, 12, tzinfo=UTC)
"""When every schedule begins, by the services' clocks."""

_FOREVER = 1e6


def moment(seconds: float) -> datetime:
    """A moment of a schedule, by the services' clocks."""
    return EPOCH + timedelta(seconds=seconds)


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
    is_dead: bool = False


_NOBODYS = Machine(-1)


class Task(greenlet):  # type: ignore[misc]
    """Work on a machine for the delivery of that number. `waits` are its waits so far, `joined_by`
    is the task that waits for its end, and the number of that wait."""

    hub: "Hub"
    machine: Machine
    delivery: int
    waits = 0
    timer: int | None = None
    joined_by: "tuple[Task, int] | None" = None


class Hub:
    """The time, and what is still to happen. As a clock (see shared/clock.py) it tells the time of
    the machine that asks."""

    def __init__(self, seed: int) -> None:
        self.now = 0.0
        self.greenlet = getcurrent()
        self._tasks: list[Task] = []
        self._heap: list[tuple[float, float, int, Act]] = []
        self._cancelled: set[int] = set()
        self._entries = 0
        self._ties = random.Random(f"ties/{seed}")

    def monotonic(self) -> float:
        return self.now - _machine().seconds_lost

    def time(self) -> float:
        return EPOCH.timestamp() + self.now + _machine().skew

    def sleep(self, seconds: float) -> None:
        self.wait(seconds)

    def at(self, when: float, act: Act) -> int:
        """Has something done at a moment; returns its number, to cancel it by."""
        self._entries += 1
        when = round(max(when, self.now), 6)
        heapq.heappush(self._heap, (when, self._ties.random(), self._entries, act))
        return self._entries

    def run(self) -> None:
        """Lets everything happen, until nothing is left that will."""
        while self._heap:
            when, _, number, act = heapq.heappop(self._heap)
            if number in self._cancelled:
                self._cancelled.remove(number)
            else:
                self.now = when
                act()

    def begin(self, machine: Machine, delivery: int, work: Act) -> Task:
        task = Task(work, self.greenlet)
        task.hub, task.machine, task.delivery = self, machine, delivery
        self._tasks.append(task)
        self.at(self.now, lambda: self.wake(task, 0, None))
        return task

    def join(self, task: Task) -> None:
        """Called by another task: waits until this one has ended."""
        task.joined_by = current_task(), current_task().waits
        self.wait(_FOREVER)

    def kill(self, machine: Machine) -> None:
        """Ends a machine with all its tasks; not to be called by a task."""
        machine.is_dead = True
        for task in list(self._tasks):
            if task.machine is machine and not task.dead:
                self._go_on(task, partial(task.throw, GreenletExit))

    def wait(self, seconds: float) -> Any:
        """Called by a task: waits until it is woken, and returns with what, or until so many
        seconds of its machine's clock have passed, and returns None."""
        task = current_task()
        if task.machine.is_dead:
            raise GreenletExit
        seconds, number = max(seconds, 0.0), task.waits
        due = self.now - task.machine.seconds_lost + seconds
        task.timer = self.at(self.now + seconds, lambda: self._time_out(task, number, due))
        return self.greenlet.switch()

    def _time_out(self, task: Task, wait: int, due: float) -> None:
        when = round(due + task.machine.seconds_lost, 6)
        task.timer = None
        if when > self.now:  # its clock stood still meanwhile
            task.timer = self.at(when, lambda: self._time_out(task, wait, due))
        else:
            self.wake(task, wait, None)

    def wake(self, task: Task, wait: int, value: object) -> None:
        """Ends a task's wait of that number, unless it has ended already, as soon as its machine
        runs. Not to be called by a task."""
        if task.machine.is_dead or task.waits != wait:
            return
        if task.machine.suspended_until > self.now:
            self.at(task.machine.suspended_until, lambda: self.wake(task, wait, value))
            return
        task.waits += 1
        if task.timer is not None:
            self._cancelled.add(task.timer)
        self._go_on(task, task.switch if wait == 0 else partial(task.switch, value))

    def _go_on(self, task: Task, switch: Act) -> None:
        """Lets a task run until it waits again, or has ended."""
        switch()
        if task.dead and task.joined_by:
            self.wake(*task.joined_by, None)


def current_task() -> Task:
    task = getcurrent()
    assert isinstance(task, Task)
    return task


def _machine() -> Machine:
    task = getcurrent()
    return task.machine if isinstance(task, Task) else _NOBODYS


def later(seconds: float, work: Act) -> None:
    """Has the task's machine do something of its own after a while; its failure is nobody's."""
    task = current_task()

    def work_alone() -> None:
        with suppress(Exception):
            task.hub.wait(seconds)
            work()

    task.hub.begin(task.machine, task.delivery, work_alone)
