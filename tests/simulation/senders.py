"""Those who deliver the notice of a paid class, and the instances they deliver it to."""

import random
from collections.abc import Callable
from functools import partial

from shared import clock
from tests.simulation.history import History
from tests.simulation.hub import Hub, Machine
from tests.simulation.observations import Attempt
from tests.simulation.product import Product
from tests.simulation.schedule import Delivery
from tests.simulation.school import preference_of

_RESEND_SECONDS = 60.0

Ended = Callable[[Attempt], None]


class Senders:
    """They write their attempts into the classes' histories."""

    def __init__(
        self, hub: Hub, product: Product, machines: list[Machine], histories: list[History]
    ) -> None:
        self._hub = hub
        self._product = product
        self._machines = machines
        self._histories = histories
        self._chance = random.Random(f"senders/{histories[0].schedule.seed}")
        self._answered: set[int] = set()
        self._under_way: dict[int, tuple[Attempt, Ended]] = {}
        self._attempts = 0

    def send(self, delivery: Delivery) -> None:
        """Posts the notice now, and again until any delivery since was answered finally."""
        number = delivery.class_number
        self._answered.discard(number)

        def ended(attempt: Attempt) -> None:
            if attempt.is_final:
                self._answered.add(number)
            elif self._hub.now < _RESEND_SECONDS:
                self._hub.at(self._hub.now + self._chance.uniform(0.05, 2.0), again)

        def again() -> None:
            if number not in self._answered:
                self._post(self._chance.randrange(len(self._machines)), number, ended)

        self._post(delivery.instance, number, ended)

    def post_once(self, class_number: int) -> None:
        self._post(0, class_number, lambda _attempt: None)

    def kill(self, instance: int) -> None:
        """Ends an instance; another, which knows nothing, takes its place."""
        dead = self._machines[instance]
        self._machines[instance] = Machine(instance, dead.skew)
        self._hub.kill(dead)
        for attempt, ended in list(self._under_way.values()):
            if attempt.instance == instance:
                attempt.code = "killed"
                self._end(attempt, ended)

    def _post(self, instance: int, class_number: int, ended: Ended) -> None:
        attempt = Attempt(self._attempts, instance, self._hub.now)
        self._attempts += 1
        history = self._histories[class_number]
        history.attempts.append(attempt)
        self._under_way[attempt.number] = attempt, ended

        def work() -> None:
            attempt.clock_at = clock.monotonic()
            answer = self._product.deliver(preference_of(history.class_id))
            attempt.status, attempt.code, attempt.cause = answer
            attempt.seconds = clock.monotonic() - attempt.clock_at
            self._end(attempt, ended)

        self._hub.begin(self._machines[instance], attempt.number, work)

    def _end(self, attempt: Attempt, ended: Ended) -> None:
        attempt.ended_at = self._hub.now
        del self._under_way[attempt.number]
        self._hub.at(self._hub.now, partial(ended, attempt))
