"""How a schedule is played, in virtual time or by real processes."""

import random
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from itertools import count
from typing import ClassVar

from infra.local.google.client import Control
from shared import clock
from tests.simulation.history import Attempt, Call, Happening, History, State
from tests.simulation.schedule import SCHOOL_EDITS, Delivery, Schedule, Trouble
from tests.support.classes import Classes

_RESEND_SECONDS = 60.0
_FINAL_DELIVERIES = 12


class Stage(ABC):
    """Where one schedule is played. Its time is in seconds since the schedule began, at `epoch`
    by the services' clocks. An answer may be `slack` seconds late.

    `classes` and `calendar` are as the school, or anybody by hand, reads and edits them.
    """

    epoch: datetime
    slack: ClassVar[float]

    def __init__(
        self, schedule: Schedule, classes: Classes, calendar: Control, class_ids: Iterable[str]
    ) -> None:
        self.schedule = schedule
        self.classes = classes
        self.calendar = calendar
        self.histories = [History(schedule, each, self.slack) for each in class_ids]
        self._chance = random.Random(f"senders/{schedule.seed}")
        self._numbers = count()
        self._answered: set[int] = set()
        self._pending = list(schedule.troubles)
        self._counts: Counter[tuple[int | None, str, str]] = Counter()

    def play(self) -> list[History]:
        """What happened, for each class."""
        for delivery in self.schedule.deliveries:
            self.at(delivery.seconds, partial(self._send, delivery))
        for trouble in list(self._pending):
            if trouble.when.call is None:
                self.at(trouble.when.seconds, partial(self._make, trouble))
        self.run()
        for trouble in list(self._pending):  # they hang on calls that did not come
            if trouble.instance is None and trouble.kind != "reconcile":
                self._make(trouble)
                self._send(Delivery(0.0, 0, trouble.class_number))
                self.run()
        self._pending.clear()
        self.mend()
        for history in self.histories:
            history.quiet = self.state(history.class_id)
            history.healing = len(history.attempts)
        for number, history in enumerate(self.histories):
            self._heal(number, history)
        return self.histories

    def _heal(self, number: int, history: History) -> None:
        """Delivers until an answer is final."""
        for _ in range(_FINAL_DELIVERIES):
            self._wait_for_lease(history.class_id)
            self.begin(partial(self._post, Delivery(0.0, 0, number)))
            self.run()
            if history.attempts[-1].is_final:
                break
        history.healed = self.state(history.class_id)
        history.calls = self.calls_of(history)
        ids = {event["id"] for event in history.healed.events}
        mails = self.calendar.invitations()
        history.mails = [mail for mail in mails if mail["event_id"] in ids]

    def _wait_for_lease(self, class_id: str) -> None:
        if claim := self.classes.get(class_id).get("calendarClaim"):
            lease_end = (claim["expiresAt"] - self.epoch).total_seconds()
            self.at(lease_end + 0.01, lambda: None)
            self.run()

    def state(self, class_id: str) -> State:
        """What there is of a class at this moment."""
        events = [
            event
            for event in self.calendar.events()
            if event["extendedProperties"]["private"].get("virtualClassId") == class_id
        ]
        return State(self.now, self.classes.get(class_id), events)

    def _send(self, delivery: Delivery) -> None:
        self._answered.discard(delivery.class_number)
        self.begin(partial(self._post_until_answered, delivery))

    def _post_until_answered(self, delivery: Delivery) -> None:
        """Posts the notice, and again until anybody's is answered finally."""
        number, until = delivery.class_number, self.now + _RESEND_SECONDS
        while self.now < until:
            if self._post(delivery).is_final:
                self._answered.add(number)
            else:
                clock.sleep(self._chance.uniform(0.05, 2.0))
            if number in self._answered:
                break
            delivery = Delivery(0.0, self._chance.randrange(self.schedule.instances), number)

    def _post(self, delivery: Delivery) -> Attempt:
        history = self.histories[delivery.class_number]
        attempt = Attempt(next(self._numbers), delivery.instance, self.now)
        history.attempts.append(attempt)
        self.deliver(attempt, self.classes.preference_of(history.class_id))
        attempt.ended_at = self.now
        return attempt

    def on_call(self, call: Call, moment: str) -> None:
        """To be told of each call as it is sent ("request"), has taken effect ("effect"), and
        before its answer arrives ("answer"): what is planned for it happens exactly there."""
        if moment == "effect":
            if call.operation in ("record", "withdrawal"):
                call.state = self.state(call.subject)
            return
        for instance in (call.instance, None):
            place = instance, call.operation, moment
            self._counts[place] += 1
            for each in list(self._pending):
                is_here = (each.instance, each.when.call, each.when.moment) == place
                if not is_here or each.when.nth != self._counts[place]:
                    continue
                if moment == "answer":
                    self._make(each)
                else:  # by the stage: the task that is just sending cannot end its own machine
                    self.at(self.now, partial(self._make, each))

    def _make(self, trouble: Trouble) -> None:
        """Makes it, unless it is made already."""
        if trouble not in self._pending:
            return
        self._pending.remove(trouble)
        if trouble.instance is not None:
            happening = Happening(self.now, trouble)
            self.signal(trouble.kind, trouble.instance, trouble.seconds)
            for history in self.histories:
                history.happenings.append(happening)
            return
        history = self.histories[trouble.class_number]
        subject = self._edit(trouble.kind, history.class_id)
        history.happenings.append(Happening(self.now, trouble, subject))
        if trouble.resend is not None:
            again = Delivery(0.0, 0, trouble.class_number)
            self.at(self.now + trouble.resend, partial(self._send, again))

    def _edit(self, kind: str, class_id: str) -> str:
        """Returns the id of the event that was edited by hand, if one was."""
        if kind in SCHOOL_EDITS:
            changes = SCHOOL_EDITS[kind](self.classes.get(class_id))
            self.classes.change(class_id, **changes)
        elif kind == "reconcile":
            self.repair()
        else:
            for event in self.state(class_id).live_events[:1]:
                if kind == "edit_event":
                    self.calendar.edit(event["id"], {"summary": "by hand"})
                else:
                    self.calendar.remove(event["id"])
                return str(event["id"])
        return ""

    @property
    @abstractmethod
    def now(self) -> float: ...

    @abstractmethod
    def at(self, when: float, act: Callable[[], object]) -> object: ...

    @abstractmethod
    def begin(self, work: Callable[[], object]) -> object:
        """Has something done beside all else; it may wait."""

    @abstractmethod
    def run(self) -> None:
        """Lets everything happen, until nothing is left that will."""

    @abstractmethod
    def mend(self) -> None:
        """From here on nothing goes wrong any more."""

    @abstractmethod
    def deliver(self, attempt: Attempt, preference_id: str) -> None:
        """Posts the notice to the attempt's instance, and writes down how it was answered."""

    @abstractmethod
    def signal(self, kind: str, instance: int, seconds: float) -> None: ...

    @abstractmethod
    def repair(self) -> object:
        """Begins the repair, beside whatever else goes on."""

    @abstractmethod
    def calls_of(self, history: History) -> list[Call]: ...
