"""Plays one schedule against the product's own booking code, in virtual time."""

import random
from collections.abc import Callable

from shared import clock
from tests.simulation.documents import Database
from tests.simulation.firestore import Client
from tests.simulation.google import Google
from tests.simulation.history import History
from tests.simulation.hub import Hub, Machine
from tests.simulation.observations import Call, State
from tests.simulation.product import Product
from tests.simulation.schedule import SCHOOL_EDITS, Delivery, Schedule, Signal
from tests.simulation.school import School
from tests.simulation.senders import Senders
from tests.simulation.services import Services
from tests.simulation.stage import Stage
from tests.simulation.virtual_clock import EPOCH, VirtualClock, moment
from tests.simulation.wire import Wire

_REPAIR = -1
"""The number of its machine, and of its delivery."""


def play(schedule: Schedule) -> list[History]:
    """What happened, for each class."""
    random.seed(schedule.seed)  # of which the product draws claim tokens and pauses
    player = Player(schedule)
    clock.use(VirtualClock(player.hub))
    player.play()
    return player.histories


class Player(Stage):
    """One schedule being played."""

    epoch = EPOCH

    def __init__(self, schedule: Schedule) -> None:
        histories = [History(schedule, f"class-{n}") for n in range(schedule.classes)]
        super().__init__(schedule, histories)
        self.hub = Hub(schedule.seed)
        self._school = School(Client(Database(lambda: moment(self.hub.now))).collection("classes"))
        self._google = Google(lambda: self.hub.now, lambda: moment(self.hub.now))
        self._google.change_settings(meet=schedule.meet, refused_emails=schedule.refused_emails)
        wire = Wire(self.hub, list(schedule.call_faults), random.Random(f"wire/{schedule.seed}"))
        self._services = Services(wire, self._school, self._google)
        self._machines = [self._started(number) for number in range(schedule.instances)]
        self._product = Product(self._services, schedule.budget, schedule.lease)
        self._senders = Senders(self.hub, self._product, self._machines, histories)

    def play(self) -> None:
        for history in self.histories:
            self._school.add(history.class_id, self.schedule.participants)
        super().play()
        for history in self.histories:
            if history.has_outlasted_lease:
                history.found_by_repair = self._repair()
                self.run()
                history.repaired = self.state(history.class_id, is_quiet=True)

    @property
    def now(self) -> float:
        return self.hub.now

    def begin(self, on_call: Callable[[Call, str], None]) -> None:
        self._services.wire.on_call = on_call

    def at(self, when: float, act: Callable[[], object]) -> None:
        self.hub.at(when, act)

    def run(self) -> None:
        self.hub.run()

    def mend(self) -> None:
        self._services.wire.faults = []

    def send(self, delivery: Delivery) -> None:
        self._senders.send(delivery)

    def post_once(self, delivery: Delivery) -> None:
        self._senders.post_once(delivery.class_number)

    def signal(self, signal: Signal) -> None:
        machine = self._machines[signal.instance]
        if signal.kind == "KILL":
            self._senders.kill(signal.instance)
        else:
            machine.suspended_until = round(self.now + signal.seconds, 6)
            machine.seconds_lost += signal.seconds if signal.kind == "FREEZE" else 0.0

    def edit(self, class_id: str, kind: str) -> str:
        if kind in SCHOOL_EDITS:
            self._school.edit(class_id, kind)
        elif kind == "reconcile":
            self._repair()
        else:
            for event in self.state(class_id).live_events[:1]:
                changes = {"summary": "by hand"} if kind == "edit_event" else None
                self._google.edit(event["id"], changes)
                return str(event["id"])
        return ""

    def state(self, class_id: str, *, is_quiet: bool = False) -> State:
        return self._services.state(class_id, is_quiet=is_quiet)

    def calls_of(self, history: History) -> list[Call]:
        """Those of its deliveries, and the repair's about it."""
        deliveries = {attempt.number for attempt in history.attempts}
        subjects = {event["id"] for event in self._google.events_of(history.class_id)}
        subjects.add(history.class_id)
        return [
            call
            for call in self._services.wire.calls
            if call.delivery in deliveries or (call.delivery < 0 and call.subject in subjects)
        ]

    def _repair(self) -> list[str]:
        """Begins the repair, beside whatever else goes on; returns the list that will hold what
        it leaves."""
        left: list[str] = []
        machine = Machine(_REPAIR)
        self._services.tokens[machine] = self._google.new_token()
        self.hub.begin(machine, _REPAIR, lambda: left.extend(self._product.repair()))
        return left

    def _started(self, number: int) -> Machine:
        skews = self.schedule.skews
        machine = Machine(number, skews[number] if number < len(skews) else 0.0)
        if not self.schedule.is_cold:
            self._services.tokens[machine] = self._google.new_token()
        return machine
