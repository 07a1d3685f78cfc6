"""The way of a call to a service and back, and what goes wrong on it."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.history import Call
from tests.simulation.hub import Hub, current_task
from tests.simulation.schedule import CallFault

OnCall = Callable[[Call, str], None]


class TimedOut(Exception):
    """The caller's time is up."""


class Broken(Exception):
    """The connection broke off."""


class NotReached(Exception):
    """No connection came about."""


class Failed(Exception):
    """The service answers with a planned error."""

    def __init__(self, fault: CallFault) -> None:
        super().__init__(fault.kind)
        self.fault = fault


class Garbled(Exception):
    """An answer came and cannot be read."""


@dataclass
class Wire:
    """All calls of a schedule. `on_call` is told of each as it is sent ("request") and before
    its answer arrives ("answer")."""

    hub: Hub
    faults: list[CallFault]
    chance: random.Random
    on_call: OnCall = lambda _call, _moment: None
    calls: list[Call] = field(default_factory=list)
    _met: Counter[int] = field(default_factory=Counter)

    def call(self, call: Call, seconds: float, effect: Callable[[CallFault | None], Any]) -> Any:
        """What `effect` returns or raises, once the answer is back. Raises one of the above."""
        task, fault = current_task(), self._fault(call.operation)
        call.instance, call.delivery, call.sent_at = (
            task.machine.number,
            task.delivery,
            self.hub.now,
        )
        call.clock_at = self.hub.now - task.machine.seconds_lost
        call.fault = fault.kind if fault else None
        self.calls.append(call)
        self.on_call(call, "request")
        if call.fault == "unreachable":
            call.ended_at, call.outcome = self.hub.now, "not reached"
            raise NotReached
        journey = _Journey(self, call, fault, effect, task.waits)
        journey.begin(lambda answer: self.hub.wake(task, journey.wait, answer))
        answer = self.hub.wait(seconds)
        call.ended_at = self.hub.now
        if answer is None:
            call.outcome = "timed out"
            raise TimedOut
        return answer()

    def _fault(self, operation: str) -> CallFault | None:
        for index, fault in enumerate(self.faults):
            if fault.operation != operation:
                continue
            self._met[index] += 1
            if fault.skip < self._met[index] <= fault.skip + fault.times or fault.times < 0:
                return fault
        return None


@dataclass
class _Journey:
    wire: Wire
    call: Call
    fault: CallFault | None
    effect: Callable[[CallFault | None], Any]
    wait: int

    def begin(self, answer: Callable[[object], None]) -> None:
        hub, kind = self.wire.hub, self.call.fault
        self._answer = answer
        seconds = self.fault.details.get("seconds", 0.0) if self.fault else 0.0
        there, back = self._leg(), self._leg()
        if kind in ("late", "delay", "accept_duplicate"):
            there += seconds
        arrival = hub.now + there
        if kind in ("refuse", "drop"):
            hub.at(arrival + back, lambda: self._return(self._spoilt))
        elif kind == "lose":
            hub.at(arrival + seconds, self._take_effect)
            hub.at(arrival + back, lambda: self._return(self._spoilt))
        elif kind != "silence":
            hub.at(arrival, lambda: self._take_effect(hub.now + back))

    def _leg(self) -> float:
        return self.wire.chance.choice((0.01, 0.01, 0.02, 0.03, 0.05))

    def _take_effect(self, answered_at: float | None = None) -> None:
        try:
            result = self.effect(self.fault)
            answer: Callable[[], Any] = lambda: result  # noqa: E731
            self.call.effect_at = self.wire.hub.now
        except Exception as error:
            refusal = error

            def answer() -> Any:
                raise refusal

        if answered_at is None or self.call.fault in ("late", "mute"):
            return
        spoils = self.call.fault in ("cut", "garble")
        last = self._spoilt if spoils else answer
        self.wire.hub.at(answered_at, lambda: self._return(last))

    def _return(self, answer: Callable[[], Any]) -> None:
        self.wire.on_call(self.call, "answer")
        self._answer(answer)

    def _spoilt(self) -> Any:
        assert self.fault
        match self.fault.kind:
            case "drop" | "cut":
                raise Broken
            case "garble":
                raise Garbled
        raise Failed(self.fault)
