"""How a schedule is played, in virtual time or by real processes."""

import random
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any, ClassVar, Protocol

from infra.local.google.control import Control
from shared import clock
from tests.simulation.history import Attempt, Call, History, State
from tests.simulation.schedule import PARTICIPANTS, SCHOOL_EDITS, Schedule, Step
from tests.support.classes import Classes

_RESEND_SECONDS = 60.0
_MOST_TRIES = 12


class Time(Protocol):
    """What is done when, in seconds since the epoch of a stage. `begin` has something done beside
    all else, which may wait; `run` lets everything happen, until nothing is left that will."""

    @property
    def now(self) -> float: ...
    def at(self, when: float, act: Callable[[], object], /) -> object: ...
    def begin(self, work: Callable[[], object], /) -> object: ...
    def run(self) -> None: ...


class Stage(ABC):
    """Where one schedule is played, in seconds since `epoch` by the services' clocks.

    `classes` and `calendar` are as the school, or anybody by hand, reads and edits them. Whether it
    `is_exact` see History.
    """

    is_exact: ClassVar[bool]

    def __init__(
        self, schedule: Schedule, time: Time, epoch: datetime, classes: Classes, calendar: Control
    ) -> None:
        self.schedule, self.time, self.epoch = schedule, time, epoch
        self.classes, self.calendar = classes, calendar
        self.histories: list[History] = []
        self.calls: list[Call] = []
        self.found: list[tuple[str, str]] = []  # by the last repair: a class's id, what is wrong
        self._chance = random.Random(f"senders/{schedule.seed}")
        self._numbers = count()
        self._answered: set[int] = set()
        self._pending = list(schedule.steps)
        self._counts: Counter[tuple[int | None, str, str]] = Counter()

    def add_class(self, class_id: str | None = None, **fields: Any) -> None:
        guests = list(PARTICIPANTS[: self.schedule.participants])
        class_id = self.classes.add(class_id, participantEmails=guests, **fields)
        self.histories.append(History(self.schedule, class_id, self.is_exact))

    def play(self) -> list[History]:
        """What happened, for each class."""
        begun_at = self.time.now
        for step in self.schedule.steps:
            if not step.call:
                self.time.at(begun_at + step.at, partial(self._make, step))
        self.time.run()
        for step in list(self._pending):  # they hang on calls that did not come
            if step.instance is None and step.kind != "reconcile":
                self._make(step)
                self._send(step.class_number)
                self.time.run()
        self._pending.clear()
        self.mend()
        for history in self.histories:
            history.quiet = self.state(history.class_id)
        for number, history in enumerate(self.histories):
            if self.schedule.is_left_to_repair:
                self._repair(history)
            self._heal(number, history)
        for history in self.histories:
            if self.is_exact and history.overdue and not history.repaired:
                self._repair(history)
        return self.histories

    def _repair(self, history: History) -> None:
        """Repairs until neither claim nor failure is left: Google may take its time."""
        for _ in range(_MOST_TRIES):
            self._wait_for_lease(history)
            self.cause(Step("reconcile"))
            self.time.run()
            history.repaired = self.state(history.class_id)
            history.found_by_repair = self.found
            if history.repaired.is_at_rest:
                break

    def _heal(self, number: int, history: History) -> None:
        """Delivers until an answer is final."""
        for _ in range(_MOST_TRIES):
            self._wait_for_lease(history)
            self.time.begin(partial(self._post, number, 0))
            self.time.run()
            if history.attempts[-1].is_final:
                break
        history.healed = self.state(history.class_id)
        history.calls = self.calls_of(history)
        history.mails = self.calendar.invitations()

    def _wait_for_lease(self, history: History) -> None:
        if claim := self.classes.get(history.class_id).get("calendarClaim"):
            lease_end = (claim["expiresAt"] - self.epoch).total_seconds()
            self.time.at(lease_end + 0.01, lambda: None)
            self.time.run()

    def state(self, class_id: str) -> State:
        """What there is of a class at this moment."""
        events = [
            event
            for event in self.calendar.events()
            if event["extendedProperties"]["private"].get("virtualClassId") == class_id
        ]
        return State(self.time.now, self.classes.get(class_id), events)

    def _send(self, number: int, instance: int = 0) -> None:
        self._answered.discard(number)
        self.time.begin(partial(self._post_until_answered, number, instance))

    def _post_until_answered(self, number: int, instance: int) -> None:
        """Posts a class's notice, and again until anybody's is answered finally."""
        until = self.time.now + (0.0 if self.schedule.is_left_to_repair else _RESEND_SECONDS)
        while not self._post(number, instance).is_final:
            clock.sleep(self._chance.uniform(0.05, 2.0))
            if number in self._answered or self.time.now > until:
                return
            instance = self._chance.randrange(self.schedule.instances)
        self._answered.add(number)

    def _post(self, number: int, instance: int) -> Attempt:
        history = self.histories[number]
        attempt = Attempt(next(self._numbers), instance, self.time.now)
        history.attempts.append(attempt)
        self.deliver(attempt, self.classes.preference_of(history.class_id))
        attempt.ended_at = self.time.now
        return attempt

    def on_call(self, call: Call, moment: str) -> list[Step]:
        """To be told of each call as it is sent ("request"), has taken effect ("effect"), and
        before its answer arrives ("answer"): what is planned for it happens exactly there, and is
        returned."""
        if moment == "request":
            self.calls.append(call)
        if moment == "effect":
            if call.operation in ("record", "withdrawal"):
                call.state = self.state(call.subject)
            return []
        due: list[Step] = []
        for instance in (call.instance, None):
            place = instance, call.operation, moment
            self._counts[place] += 1
            here = *place, self._counts[place]
            for each in self._pending:
                if (each.instance, each.call, each.moment, each.nth) == here:
                    due.append(each)
        for step in due:
            if moment == "answer":
                self._make(step)
            else:  # by the stage: the task that is just sending cannot end its own machine
                self.time.at(self.time.now, partial(self._make, step))
        return due

    def _make(self, step: Step) -> None:
        """Makes it, unless it is made already."""
        if step not in self._pending:
            return
        self._pending.remove(step)
        if step.kind == "deliver":
            self._send(step.class_number, step.instance or 0)
            return
        concerned, subject = [self.histories[step.class_number]], ""
        class_id = concerned[0].class_id
        if step.kind in SCHOOL_EDITS:
            changes = SCHOOL_EDITS[step.kind](self.classes.get(class_id))
            self.classes.change(class_id, **changes)
        elif step.kind in ("delete_event", "edit_event"):
            for event in self.state(class_id).live_events[:1]:
                subject = event["id"]
                if step.kind == "edit_event":
                    self.calendar.edit(subject, {"summary": "by hand"})
                else:
                    self.calendar.remove(subject)
        else:
            concerned = self.histories
            self.cause(step)
        for history in concerned:
            history.happenings.append(replace(step, at=self.time.now, subject=subject))
        if step.resend is not None:
            self.time.at(self.time.now + step.resend, partial(self._send, step.class_number))

    @abstractmethod
    def mend(self) -> None:
        """From here on nothing goes wrong any more."""

    @abstractmethod
    def deliver(self, attempt: Attempt, preference_id: str) -> None:
        """Posts the notice to the attempt's instance, and writes down how it was answered."""

    @abstractmethod
    def cause(self, step: Step) -> None:
        """What happens to an instance; or begins the repair, beside whatever else goes on."""

    @abstractmethod
    def calls_of(self, history: History) -> list[Call]: ...
