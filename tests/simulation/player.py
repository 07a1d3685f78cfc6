"""Plays one schedule against the product's own booking code, in virtual time. The one module that
knows how `create_event` and `infra/reconcile.py` put it together."""

import random
import time
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from greenlet import GreenletExit

from infra.commands.reconcile.findings import Cure
from infra.commands.reconcile.records import Records
from infra.commands.reconcile.repair import Repair
from infra.commands.reconcile.survey import survey
from infra.local.google.control import Control
from infra.local.google.state import Google
from shared import clock
from shared.booking.flow import Booking
from shared.calendar.client import GoogleCalendar
from shared.classes.store import ClassStore
from shared.deadline import Budget
from shared.errors import ServiceError
from shared.settings import Settings
from tests.simulation.firestore import Client
from tests.simulation.history import Attempt, Call, History
from tests.simulation.hub import EPOCH, Hub, Machine, current_task
from tests.simulation.schedule import Schedule, Step
from tests.simulation.services import Services
from tests.simulation.stage import Stage
from tests.support.classes import Classes
from tests.support.served import SETTINGS

_SETTINGS = Settings.from_environ({**SETTINGS, "GOOGLE_EMULATOR_URL": "http://google"})
_COLLECTION = "projects/simulated/databases/(default)/documents/VirtualClass"
_REPAIR = -2
"""The number of its machine, and of its delivery."""

_START = EPOCH + timedelta(days=3)


class _Classes(Classes):
    def __init__(self, client: Any) -> None:
        self._client = client


class Player(Stage):
    """One schedule being played. A sender is a task, for the time of a delivery that of the machine
    that works on it. All machines share the product's objects."""

    is_exact = True

    def __init__(self, schedule: Schedule) -> None:
        random.seed(schedule.seed)  # of which the product draws claim tokens and pauses
        self._hub = hub = Hub(schedule.seed)
        clock.use(hub)

        def now() -> datetime:
            return EPOCH + timedelta(seconds=hub.now)

        google, client = Google(lambda: hub.now, now), Client(now)
        super().__init__(schedule, hub, EPOCH, _Classes(client), Control(google))
        self.calendar.meet(**schedule.meet)
        self.calendar.settings(refused_emails=schedule.refused_emails)
        self._services = services = Services(hub, schedule, google, self.on_call)
        self._machines = [
            Machine(number, skew or 0.0, None if schedule.is_cold else services.new_token())
            for number, skew in zip_longest(range(schedule.instances), schedule.skews)
        ]
        settings = replace(
            _SETTINGS, create_budget_seconds=schedule.budget, create_lease_seconds=schedule.lease
        )
        through_wire: Any = replace(client, send=services.send_to_firestore)
        store = ClassStore(settings, lambda _deadline: through_wire)
        calendar = GoogleCalendar(settings, services, services.exchange)
        self._booking = Booking(settings, store, calendar)
        self._records = Records(_COLLECTION, store, calendar)
        self._cure = Repair(settings, self._records, self._booking).cure
        for number in range(schedule.classes):
            self.add_class(
                f"class-{number}",
                preferenceId=f"preference-{number}",
                startTime=_START,
                endTime=_START + timedelta(minutes=90),
            )

    def play(self) -> list[History]:
        try:
            return super().play()
        finally:
            clock.use(time)  # others in this process live in real time

    def mend(self) -> None:
        self._services.faults = []

    def deliver(self, attempt: Attempt, preference_id: str) -> None:
        """What a POST to create_event does."""
        task = current_task()
        senders = task.machine, task.delivery
        task.machine, task.delivery = self._machines[attempt.instance], attempt.number
        try:
            clock.sleep(0)  # until the machine runs
            attempt.clock_at = clock.monotonic()
            self._booking.book_class(preference_id, Budget(self.schedule.budget))
            attempt.status, attempt.code = 200, "ok"
        except ServiceError as error:
            attempt.status, attempt.code, attempt.cause = error.status, error.code, error.cause
        except GreenletExit:
            attempt.code = "killed"
        except Exception as error:
            attempt.status, attempt.code, attempt.cause = 500, "internal_error", repr(error)
        attempt.seconds = clock.monotonic() - attempt.clock_at
        task.machine, task.delivery = senders

    def cause(self, step: Step) -> None:
        if step.instance is None:
            machine = Machine(_REPAIR, token=self._services.new_token())
            self._hub.begin(self._reconcile, machine, _REPAIR)
            return
        machine = self._machines[step.instance]
        if step.kind == "KILL":  # another, which knows nothing, takes its place
            self._machines[step.instance] = Machine(machine.number, machine.skew)
            self._hub.kill(machine)
        else:
            machine.suspended_until = round(self._hub.now + step.seconds, 6)
            machine.seconds_lost += step.seconds if step.kind == "FREEZE" else 0.0

    def _reconcile(self) -> None:
        """What infra/reconcile.py --apply does."""
        with suppress(ServiceError):
            found = survey(self._records, lambda _text: None).findings
            for finding in found:
                if finding.kind.cure is Cure.APPLY:
                    self._cure(finding)
            self.found = [(finding.class_id, str(finding.kind)) for finding in found]

    def calls_of(self, history: History) -> list[Call]:
        """Those of its deliveries, and the repair's about it."""
        deliveries = {attempt.number for attempt in history.attempts}
        subjects = {event["id"] for event in self.state(history.class_id).events}
        subjects.add(history.class_id)
        return [
            call
            for call in self.calls
            if call.delivery in deliveries
            or (call.delivery == _REPAIR and call.subject in subjects)
        ]
