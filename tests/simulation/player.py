"""Plays one schedule against the product's own booking code, in virtual time."""

import random
from functools import partial

from shared import clock
from tests.simulation.documents import Database
from tests.simulation.firestore import Client
from tests.simulation.google import Google
from tests.simulation.history import History
from tests.simulation.hub import Hub, Machine
from tests.simulation.observations import Call, State
from tests.simulation.product import Product
from tests.simulation.schedule import Delivery, Schedule
from tests.simulation.school import School
from tests.simulation.senders import Senders
from tests.simulation.services import Services
from tests.simulation.trouble import Trouble
from tests.simulation.virtual_clock import VirtualClock, moment
from tests.simulation.wire import Wire

_FINAL_DELIVERIES = 12
_REPAIR = -1
"""The number of its machine, and of its delivery."""


def play(schedule: Schedule) -> list[History]:
    """What happened, for each class."""
    random.seed(schedule.seed)  # of which the product draws claim tokens and pauses
    player = Player(schedule)
    clock.use(VirtualClock(player.hub))
    player.play()
    return player.histories


class Player:
    """One schedule being played."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.hub = Hub(schedule.seed)
        self.school = School(Client(Database(lambda: moment(self.hub.now))).collection("classes"))
        google = Google(lambda: self.hub.now, lambda: moment(self.hub.now))
        google.change_settings(meet=schedule.meet, refused_emails=schedule.refused_emails)
        wire = Wire(self.hub, list(schedule.call_faults), random.Random(f"wire/{schedule.seed}"))
        self.services = Services(wire, self.school, google)
        self.histories = [History(schedule, f"class-{n}") for n in range(schedule.classes)]
        self.machines = [self._started(number) for number in range(schedule.instances)]
        self._product = Product(self.services, schedule.budget, schedule.lease)
        self.senders = Senders(self.hub, self._product, self.machines, self.histories)

    def play(self) -> None:
        for history in self.histories:
            self.school.add(history.class_id, self.schedule.participants)
        for delivery in self.schedule.deliveries:
            self.hub.at(delivery.seconds, partial(self.senders.send, delivery))
        trouble = Trouble(self)
        self.hub.run()
        for edit in trouble.left():
            trouble.make(edit)
            self.senders.send(Delivery(0.0, 0, edit.class_number))
            self.hub.run()
        trouble.end()
        for history in self.histories:
            history.quiet = self._state(history)
            history.healing = len(history.attempts)
        for number, history in enumerate(self.histories):
            self._heal(number, history)

    def repair(self) -> list[str]:
        """Begins the repair, beside whatever else goes on; returns the list that will hold what
        it leaves."""
        left: list[str] = []
        machine = Machine(_REPAIR)
        self.services.tokens[machine] = self.services.google.new_token()
        self.hub.begin(machine, _REPAIR, lambda: left.extend(self._product.repair()))
        return left

    def _started(self, number: int) -> Machine:
        skews = self.schedule.skews
        machine = Machine(number, skews[number] if number < len(skews) else 0.0)
        if not self.schedule.is_cold:
            self.services.tokens[machine] = self.services.google.new_token()
        return machine

    def _heal(self, number: int, history: History) -> None:
        """Delivers until an answer is final; has repaired what outlasted its lease."""
        for _ in range(_FINAL_DELIVERIES):
            self._wait_for_lease(history.class_id)
            self.senders.post_once(number)
            self.hub.run()
            if history.attempts[-1].is_final:
                break
        history.healed = self._state(history)
        history.calls = self._calls(history)
        if history.has_outlasted_lease:
            history.found_by_repair = self.repair()
            self.hub.run()
            history.repaired = self._state(history)

    def _wait_for_lease(self, class_id: str) -> None:
        if claim := self.school.document(class_id).get("calendarClaim"):
            left = (claim["expiresAt"] - moment(self.hub.now)).total_seconds()
            self.hub.at(self.hub.now + left + 0.01, lambda: None)
            self.hub.run()

    def _state(self, history: History) -> State:
        return self.services.state(history.class_id, is_quiet=True)

    def _calls(self, history: History) -> list[Call]:
        """Those of its deliveries, and the repair's about it."""
        deliveries = {attempt.number for attempt in history.attempts}
        subjects = {event["id"] for event in self.services.google.events_of(history.class_id)}
        subjects.add(history.class_id)
        return [
            call
            for call in self.services.wire.calls
            if call.delivery in deliveries or (call.delivery < 0 and call.subject in subjects)
        ]
