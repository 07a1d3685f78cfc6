"""Virtual time: one heap of what is to happen next, and the tasks that wait for it.

A task is a greenlet: it runs until it waits, for an answer or for time to pass, and nothing else
runs meanwhile. What falls on the same moment happens in an order drawn from the seed.
"""

import heapq
import itertools
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

EPOCH = datetime(2030, 1, 7, 12, tzinfo=UTC)
"""When every schedule begins, by the services' clocks."""


class Entry:
    """Something that is to happen, unless it is cancelled before."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.act = act
        self.is_cancelled = False


class Machine:
    """What runs tasks: it can be suspended, with or without its clock, and killed.

    `skew` is by how many seconds its wall clock is off.
    """

    def __init__(self, number: int, skew: float = 0.0) -> None:
        self.number = number
        self.skew = skew
        self.suspended_until = 0.0
        self.seconds_lost = 0.0
        self.is_dead = False


class Task(greenlet):
    """Work on a machine, part of the delivery of that number."""

    def __init__(self, hub: "Hub", machine: Machine, delivery: int, work: Callable[[], object]):
        super().__init__(work, hub.greenlet)
        self.hub = hub
        self.machine = machine
        self.delivery = delivery
        self.timer: Entry | None = None
        self.waits = 0


class Hub:
    """The time, and what is still to happen."""

    def __init__(self, seed: int) -> None:
        self.now = 0.0
        self.greenlet = getcurrent()
        self._tasks: list[Task] = []
        self._heap: list[tuple[float, float, int, Entry]] = []
        self._ties = random.Random(f"ties/{seed}")
        self._numbers = itertools.count()

    def at(self, when: float, act: Callable[[], object]) -> Entry:
        """Has something done at a moment."""
        entry = Entry(act)
        when = round(max(when, self.now), 6)
        heapq.heappush(self._heap, (when, self._ties.random(), next(self._numbers), entry))
        return entry

    def run(self) -> None:
        """Lets everything happen until nothing is left that will."""
        while self._heap:
            when, _, _, entry = heapq.heappop(self._heap)
            if not entry.is_cancelled:
                self.now = when
                entry.act()

    def pass_time(self, seconds: float) -> None:
        """Between two runs: nothing is left to happen meanwhile."""
        self.now = round(self.now + max(seconds, 0.0), 6)

    def begin(self, machine: Machine, delivery: int, work: Callable[[], object]) -> None:
        task = Task(self, machine, delivery, work)
        self._tasks.append(task)
        self.at(self.now, lambda: self._continue(task, 0, None))

    def kill(self, machine: Machine) -> None:
        """Ends a machine with all its tasks; not to be called by one of them."""
        machine.is_dead = True
        for task in self._tasks:
            if task.machine is machine and task:
                task.throw(GreenletExit)

    def wait(self, seconds: float) -> Any:
        """Called by a task: waits until it is woken, and returns with what, or until so many
        seconds of its machine's clock have passed, and returns None."""
        task = current_task()
        if task.machine.is_dead:
            raise GreenletExit
        due = self.now - task.machine.seconds_lost + max(seconds, 0.0)
        task.timer = self.at(self.now + max(seconds, 0.0), lambda: self._time_out(task, due))
        woken_with = self.greenlet.switch()
        task.timer.is_cancelled = True
        return woken_with

    def wake(self, task: Task, wait: int, value: object) -> None:
        """Ends a task's wait of that number, unless it has ended already."""
        self._continue(task, wait, value)

    def _time_out(self, task: Task, due: float) -> None:
        when = max(round(due + task.machine.seconds_lost, 6), task.machine.suspended_until)
        if when > self.now:
            task.timer = self.at(when, lambda: self._time_out(task, due))
        else:
            self._continue(task, task.waits, None)

    def _continue(self, task: Task, wait: int, value: object) -> None:
        if task.machine.is_dead or task.dead or task.waits != wait:
            return
        if task.machine.suspended_until > self.now:
            self.at(task.machine.suspended_until, lambda: self._continue(task, wait, value))
            return
        task.waits += 1
        task.switch(value) if wait else task.switch()


def current_task() -> Task:
    task = getcurrent()
    assert isinstance(task, Task)
    return task


class VirtualClock:
    """What the product takes for the time: that of the machine it runs on."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def monotonic(self) -> float:
        task = getcurrent()
        lost = task.machine.seconds_lost if isinstance(task, Task) else 0.0
        return self._hub.now - lost

    def time(self) -> float:
        task = getcurrent()
        skew = task.machine.skew if isinstance(task, Task) else 0.0
        return EPOCH.timestamp() + self._hub.now + skew

    def sleep(self, seconds: float) -> None:
        self._hub.wait(seconds)


def moment(seconds: float) -> datetime:
    """A moment of virtual time by the services' clocks."""
    return EPOCH + timedelta(seconds=seconds)


def later(seconds: float, work: Callable[[], object]) -> None:
    """Has a task's machine do something of its own after a while."""
    task = current_task()
    hub = task.hub
    hub.at(hub.now + seconds, lambda: hub.begin(task.machine, task.delivery, work))
