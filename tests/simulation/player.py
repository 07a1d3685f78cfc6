"""Plays one schedule against the product's own booking code, in virtual time."""

import random
from collections.abc import Callable
from functools import partial

from shared import clock
from tests.simulation import product
from tests.simulation.firestore import Client, Database
from tests.simulation.google import Google
from tests.simulation.history import Attempt, Call, History
from tests.simulation.hub import Hub, Machine, moment
from tests.simulation.schedule import Delivery, Schedule
from tests.simulation.school import School, preference_of
from tests.simulation.services import Services
from tests.simulation.trouble import Trouble
from tests.simulation.wire import Wire

_RESEND_SECONDS = 60.0
_FINAL_DELIVERIES = 12
_REPAIR = -1
"""The number of its machine, and of its delivery."""

Ended = Callable[[Attempt], None]


def play(schedule: Schedule) -> list[History]:
    """What happened, for each class."""
    random.seed(schedule.seed)  # of which the product draws claim tokens and pauses
    player = Player(schedule)
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
        product.play_with(self.services)
        self.histories = [History(schedule, f"class-{n}") for n in range(schedule.classes)]
        for history in self.histories:
            self.school.add(history.class_id, schedule.participants)
        self.machines = [self._started(number) for number in range(schedule.instances)]
        self._trouble = Trouble(self)
        self._chance = random.Random(f"senders/{schedule.seed}")
        self._answered: set[int] = set()
        self._under_way: dict[int, tuple[Attempt, Ended]] = {}
        self._attempts = 0

    def play(self) -> None:
        self._trouble.start()
        for delivery in self.schedule.deliveries:
            self.hub.at(delivery.seconds, partial(self.send, delivery))
        self.hub.run()
        for edit in self._trouble.left():
            self._trouble.make(edit)
            self.send(Delivery(0.0, 0, edit.class_number))
            self.hub.run()
        self._trouble.end()
        for history in self.histories:
            history.quiet = self.services.state(history.class_id, is_quiet=True)
            history.healing = len(history.attempts)
        for number, history in enumerate(self.histories):
            self._heal(number, history)

    def send(self, delivery: Delivery) -> None:
        """Posts the notice now, and again until any delivery since was answered finally."""
        number = delivery.class_number
        self._answered.discard(number)

        def ended(attempt: Attempt) -> None:
            if attempt.is_final:
                self._answered.add(number)
            elif self.hub.now < _RESEND_SECONDS:
                self.hub.at(self.hub.now + self._chance.uniform(0.05, 2.0), again)

        def again() -> None:
            if number not in self._answered:
                self._post(self._chance.randrange(self.schedule.instances), number, ended)

        self._post(delivery.instance, number, ended)

    def kill(self, instance: int) -> None:
        """Ends an instance; another, which knows nothing, takes its place."""
        dead = self.machines[instance]
        self.machines[instance] = Machine(instance, dead.skew)
        self.hub.kill(dead)
        for attempt, ended in list(self._under_way.values()):
            if attempt.instance == instance:
                attempt.code = "killed"
                self._end(attempt, ended)

    def repair(self) -> list[str]:
        """Begins the repair, beside whatever else goes on; returns the list that will hold what
        it leaves."""
        left: list[str] = []
        machine = Machine(_REPAIR)
        self.services.tokens[machine] = self.services.google.new_token()

        def work() -> None:
            left.extend(product.repair(self.schedule.budget, self.schedule.lease))

        self.hub.begin(machine, _REPAIR, work)
        return left

    def _started(self, number: int) -> Machine:
        skews = self.schedule.skews
        machine = Machine(number, skews[number] if number < len(skews) else 0.0)
        if not self.schedule.is_cold:
            self.services.tokens[machine] = self.services.google.new_token()
        return machine

    def _post(self, instance: int, class_number: int, ended: Ended) -> None:
        attempt = Attempt(self._attempts, instance, self.hub.now)
        self._attempts += 1
        history = self.histories[class_number]
        history.attempts.append(attempt)
        self._under_way[attempt.number] = attempt, ended

        def work() -> None:
            attempt.clock_at = clock.monotonic()
            attempt.status, attempt.code, attempt.cause = product.deliver(
                preference_of(history.class_id), self.schedule.budget, self.schedule.lease
            )
            attempt.seconds = clock.monotonic() - attempt.clock_at
            self._end(attempt, ended)

        self.hub.begin(self.machines[instance], attempt.number, work)

    def _end(self, attempt: Attempt, ended: Ended) -> None:
        attempt.ended_at = self.hub.now
        del self._under_way[attempt.number]
        self.hub.at(self.hub.now, partial(ended, attempt))

    def _heal(self, number: int, history: History) -> None:
        """Delivers until an answer is final; has repaired what outlasted its lease."""
        for _ in range(_FINAL_DELIVERIES):
            self._wait_for_lease(history.class_id)
            self._post(0, number, lambda _attempt: None)
            self.hub.run()
            if history.attempts[-1].is_final:
                break
        history.healed = self.services.state(history.class_id, is_quiet=True)
        history.calls = self._calls(history)
        if history.has_outlasted_lease:
            history.found_by_repair = self.repair()
            self.hub.run()
            history.repaired = self.services.state(history.class_id, is_quiet=True)

    def _wait_for_lease(self, class_id: str) -> None:
        if claim := self.school.document(class_id).get("calendarClaim"):
            left = (claim["expiresAt"] - moment(self.hub.now)).total_seconds()
            self.hub.at(self.hub.now + left + 0.01, lambda: None)
            self.hub.run()

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
