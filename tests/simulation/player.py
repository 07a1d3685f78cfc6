"""Plays one schedule against the product's own booking code, in virtual time."""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import zip_longest
from typing import Any

from infra.local.google.state import Google
from shared import clock
from tests.simulation.firestore import Client
from tests.simulation.history import Attempt, Call, History
from tests.simulation.hub import EPOCH, Hub, Machine, moment
from tests.simulation.product import Product
from tests.simulation.schedule import PARTICIPANTS, Delivery, Schedule
from tests.simulation.services import ControlInProcess, Services
from tests.simulation.stage import Stage
from tests.simulation.wire import Wire
from tests.support.classes import Classes

_REPAIR = -1
"""The number of its machine, and of its delivery."""

_MOST_REPAIRS = 12
_SENDERS = Machine(-2)
_START = EPOCH + timedelta(days=3)


class _Classes(Classes):
    def __init__(self, client: Any) -> None:
        self._client = client


class Player(Stage):
    """One schedule being played."""

    epoch = EPOCH
    slack = 0.001

    def __init__(self, schedule: Schedule) -> None:
        random.seed(schedule.seed)  # of which the product draws claim tokens and pauses
        self._hub = hub = Hub(schedule.seed)
        clock.use(hub)
        google = Google(lambda: hub.now, lambda: moment(hub.now))
        client = Client(lambda: moment(hub.now))
        names = [f"class-{number}" for number in range(schedule.classes)]
        super().__init__(schedule, _Classes(client), ControlInProcess(google), names)
        self.calendar.settings(meet=dict(schedule.meet), refused_emails=schedule.refused_emails)
        for name in names:
            self.classes.add(
                name,
                preferenceId=f"preference-of-{name}",
                startTime=_START,
                endTime=_START + timedelta(minutes=90),
                participantEmails=list(PARTICIPANTS[: schedule.participants]),
            )
        chance = random.Random(f"wire/{schedule.seed}")
        self._wire = Wire(hub, list(schedule.call_faults), chance, self.on_call)
        self._services = Services(self._wire, google)
        through_wire = replace(client, send=self._services.send_to_firestore)
        self._product = Product(schedule.budget, schedule.lease, through_wire, self._services)
        self._machines = [
            Machine(number, skew or 0.0, None if schedule.is_cold else self._services.new_token())
            for number, skew in zip_longest(range(schedule.instances), schedule.skews)
        ]

    def play(self) -> list[History]:
        try:
            for history in super().play():
                if history.has_outlasted_lease and not history.repaired:
                    self._mend(history)
        finally:
            clock.use(time)  # others in this process live in real time
        return self.histories

    @property
    def _is_left_to_repair(self) -> bool:
        """Whether nobody sends a notice twice before the scheduled repair has come."""
        return self.schedule.seed % 4 == 0

    def _post_until_answered(self, delivery: Delivery) -> None:
        if self._is_left_to_repair:
            self._post(delivery)
        else:
            super()._post_until_answered(delivery)

    def _heal(self, number: int, history: History) -> None:
        if self._is_left_to_repair:
            self._mend(history)
        super()._heal(number, history)

    def _mend(self, history: History) -> None:
        """Runs the repair until it leaves neither claim nor failure: Google may take its time."""
        for _ in range(_MOST_REPAIRS):
            self._wait_for_lease(history.class_id)
            history.found_by_repair = self.repair()
            self.run()
            history.repaired = self.state(history.class_id)
            if history.repaired.is_at_rest:
                break

    @property
    def now(self) -> float:
        return self._hub.now

    def at(self, when: float, act: Callable[[], object]) -> None:
        self._hub.at(when, act)

    def begin(self, work: Callable[[], object]) -> None:
        self._hub.begin(_SENDERS, _SENDERS.number, work)

    def run(self) -> None:
        self._hub.run()

    def mend(self) -> None:
        self._wire.faults = []

    def deliver(self, attempt: Attempt, preference_id: str) -> None:
        def work() -> None:
            attempt.clock_at = clock.monotonic()
            answer = self._product.deliver(preference_id)
            attempt.status, attempt.code, attempt.cause = answer
            attempt.seconds = clock.monotonic() - attempt.clock_at

        attempt.code = "killed"  # unless it gets so far as to answer
        machine = self._machines[attempt.instance]
        self._hub.join(self._hub.begin(machine, attempt.number, work))

    def signal(self, kind: str, instance: int, seconds: float) -> None:
        machine = self._machines[instance]
        if kind == "KILL":  # another, which knows nothing, takes its place
            self._machines[instance] = Machine(instance, machine.skew)
            self._hub.kill(machine)
        else:
            machine.suspended_until = round(self.now + seconds, 6)
            machine.seconds_lost += seconds if kind == "FREEZE" else 0.0

    def repair(self) -> list[str]:
        """Returns the list that will hold what it leaves."""
        left: list[str] = []
        machine = Machine(_REPAIR, token=self._services.new_token())
        self._hub.begin(machine, _REPAIR, lambda: left.extend(self._product.repair()))
        return left

    def calls_of(self, history: History) -> list[Call]:
        """Those of its deliveries, and the repair's about it."""
        deliveries = {attempt.number for attempt in history.attempts}
        subjects = {event["id"] for event in self.state(history.class_id).events}
        subjects.add(history.class_id)
        return [
            call
            for call in self._wire.calls
            if call.delivery in deliveries
            or (call.delivery == _REPAIR and call.subject in subjects)
        ]
