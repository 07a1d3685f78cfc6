"""How a schedule is played, in virtual time or by real processes."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from functools import partial

from tests.simulation.history import History
from tests.simulation.observations import Call, State
from tests.simulation.schedule import Delivery, Schedule, Signal
from tests.simulation.trouble import Trouble

_FINAL_DELIVERIES = 12


class Stage(ABC):
    """Where one schedule is played. Its time is in seconds since the schedule began, at `epoch`
    by the services' clocks."""

    epoch: datetime

    def __init__(self, schedule: Schedule, histories: list[History]) -> None:
        self.schedule = schedule
        self.histories = histories

    def play(self) -> None:
        trouble = Trouble(self)
        self.begin(trouble.on_call)
        for delivery in self.schedule.deliveries:
            self.at(delivery.seconds, partial(self.send, delivery))
        trouble.start()
        self.run()
        for edit in trouble.left():
            trouble.make(edit)
            self.send(Delivery(0.0, 0, edit.class_number))
            self.run()
        trouble.end()
        self.mend()
        for history in self.histories:
            history.quiet = self.state(history.class_id, is_quiet=True)
            history.healing = len(history.attempts)
        for number, history in enumerate(self.histories):
            self._heal(number, history)

    def _heal(self, number: int, history: History) -> None:
        """Delivers until an answer is final."""
        for _ in range(_FINAL_DELIVERIES):
            if claim := self.state(history.class_id).document.get("calendarClaim"):
                lease_end = (claim["expiresAt"] - self.epoch).total_seconds()
                self.at(lease_end + 0.01, lambda: None)
                self.run()
            self.post_once(Delivery(0.0, 0, number))
            self.run()
            if history.attempts[-1].is_final:
                break
        history.healed = self.state(history.class_id, is_quiet=True)
        history.calls = self.calls_of(history)

    @property
    @abstractmethod
    def now(self) -> float: ...

    @abstractmethod
    def begin(self, on_call: Callable[[Call, str], None]) -> None:
        """From here on `on_call` is told of each call as it is sent ("request") and before its
        answer arrives ("answer")."""

    @abstractmethod
    def at(self, when: float, act: Callable[[], object]) -> object: ...

    @abstractmethod
    def run(self) -> None:
        """Lets everything happen, until nothing is left that will."""

    @abstractmethod
    def mend(self) -> None:
        """From here on nothing goes wrong any more."""

    @abstractmethod
    def send(self, delivery: Delivery) -> None:
        """Has the notice posted now, and again until it was answered finally."""

    @abstractmethod
    def post_once(self, delivery: Delivery) -> None: ...

    @abstractmethod
    def signal(self, signal: Signal) -> None: ...

    @abstractmethod
    def edit(self, class_id: str, kind: str) -> str:
        """Returns the id of the event that was edited by hand, if one was."""

    @abstractmethod
    def state(self, class_id: str, *, is_quiet: bool = False) -> State: ...

    @abstractmethod
    def calls_of(self, history: History) -> list[Call]: ...
