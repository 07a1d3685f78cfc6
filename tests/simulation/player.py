"""Plays one schedule against the product's own booking code, in virtual time."""

import random
import time
from dataclasses import replace
from datetime import timedelta
from itertools import zip_longest
from typing import Any

from greenlet import GreenletExit

from infra.local.google.control import Control
from infra.local.google.state import Google
from shared import clock
from tests.simulation.firestore import Client
from tests.simulation.history import Attempt, Call, History
from tests.simulation.hub import EPOCH, Hub, Machine, current_task
from tests.simulation.product import Product
from tests.simulation.schedule import PARTICIPANTS, Schedule, Trouble
from tests.simulation.services import Services
from tests.simulation.stage import Stage
from tests.simulation.wire import Wire
from tests.support.classes import Classes

_REPAIR = -2
"""The number of its machine, and of its delivery."""

_MOST_REPAIRS = 12
_START = EPOCH + timedelta(days=3)


class _Classes(Classes):
    def __init__(self, client: Any) -> None:
        self._client = client


class Player(Stage):
    """One schedule being played. Each sender is a task, which becomes that of the machine that
    answers it."""

    epoch = EPOCH
    slack = 0.001

    def __init__(self, schedule: Schedule) -> None:
        random.seed(schedule.seed)  # of which the product draws claim tokens and pauses
        self._hub = hub = Hub(schedule.seed)
        clock.use(hub)
        google = Google(lambda: hub.now, lambda: hub.moment)
        client = Client(lambda: hub.moment)
        names = [f"class-{number}" for number in range(schedule.classes)]
        super().__init__(schedule, hub, _Classes(client), Control(google), names)
        self.calendar.meet(**schedule.meet)
        self.calendar.settings(refused_emails=schedule.refused_emails)
        for name in names:
            self.classes.add(
                name,
                preferenceId=f"preference-of-{name}",
                startTime=_START,
                endTime=_START + timedelta(minutes=90),
                participantEmails=list(PARTICIPANTS[: schedule.participants]),
            )
        self._wire = Wire(hub, schedule.call_faults, schedule.seed, self.on_call)
        self._services = Services(self._wire, google)
        through_wire = replace(client, send=self._services.send_to_firestore)
        self._product = Product(schedule.budget, schedule.lease, through_wire, self._services)
        # In every fourth nobody sends a notice twice before the scheduled repair has come.
        self._is_left_to_repair = schedule.seed % 4 == 0
        self.resends_for = 0.0 if self._is_left_to_repair else self.resends_for
        self._machines = [
            Machine(number, skew or 0.0, None if schedule.is_cold else self._services.new_token())
            for number, skew in zip_longest(range(schedule.instances), schedule.skews)
        ]

    def play(self) -> list[History]:
        try:
            for history in super().play():
                if history.has_outlasted_lease and not history.repaired:
                    self._repair(history)
        finally:
            clock.use(time)  # others in this process live in real time
        return self.histories

    def _heal(self, number: int, history: History) -> None:
        if self._is_left_to_repair:
            self._repair(history)
        super()._heal(number, history)

    def _repair(self, history: History) -> None:
        """Runs the repair until it leaves neither claim nor failure: Google may take its time."""
        for _ in range(_MOST_REPAIRS):
            self._wait_for_lease(history.class_id)
            history.found_by_repair = self._begin_repair()
            self._hub.run()
            history.repaired = self.state(history.class_id)
            if history.repaired.is_at_rest:
                break

    def _begin_repair(self) -> list[str]:
        """Returns the list that will hold what it leaves."""
        left: list[str] = []
        machine = Machine(_REPAIR, token=self._services.new_token())
        self._hub.begin(lambda: left.extend(self._product.repair()), machine, _REPAIR)
        return left

    def mend(self) -> None:
        self._wire.faults = []

    def deliver(self, attempt: Attempt, preference_id: str) -> None:
        task = current_task()
        senders = task.machine, task.delivery
        task.machine, task.delivery = self._machines[attempt.instance], attempt.number
        try:
            clock.sleep(0)  # until the machine runs
            attempt.clock_at = clock.monotonic()
            attempt.status, attempt.code, attempt.cause = self._product.deliver(preference_id)
            attempt.seconds = clock.monotonic() - attempt.clock_at
        except GreenletExit:
            attempt.code = "killed"
        finally:
            task.machine, task.delivery = senders

    def cause(self, trouble: Trouble) -> None:
        if trouble.instance is None:
            self._begin_repair()
            return
        machine = self._machines[trouble.instance]
        if trouble.kind == "KILL":  # another, which knows nothing, takes its place
            self._machines[trouble.instance] = Machine(machine.number, machine.skew)
            self._hub.kill(machine)
        else:
            machine.suspended_until = round(self._hub.now + trouble.seconds, 6)
            machine.seconds_lost += trouble.seconds if trouble.kind == "FREEZE" else 0.0

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
