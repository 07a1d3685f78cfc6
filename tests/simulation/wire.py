"""The way of a call to a service and back, and what goes wrong on it."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.hub import Hub, Task, current_task
from tests.simulation.observations import Call
from tests.simulation.schedule import CallFault

_LEGS = (0.01, 0.01, 0.02, 0.03, 0.05)
"""Seconds from caller to service, or back."""

_NO_FAULT = CallFault("", "none")

Effect = Callable[[str], Any]
"""What a call does when it arrives, given the kind of fault it meets."""


class Spoilt(Exception):
    """The caller gets no answer of the service's own: "timed out", "unreachable", "broken",
    "garbled", or "refused" with the details of a planned error."""

    def __init__(self, how: str, fault: CallFault = _NO_FAULT) -> None:
        super().__init__(how)
        self.how = how
        self.details = fault.details


_SPOILT = {
    "refuse": "refused",
    "lose": "refused",
    "drop": "broken",
    "cut": "broken",
    "garble": "garbled",
}


@dataclass
class Wire:
    """All calls of a schedule. `on_call` is told of each as it is sent ("request") and before
    its answer arrives ("answer")."""

    hub: Hub
    faults: list[CallFault]
    chance: random.Random
    on_call: Callable[[Call, str], None] = lambda _call, _moment: None
    calls: list[Call] = field(default_factory=list)
    _met: Counter[int] = field(default_factory=Counter)

    def call(self, call: Call, seconds: float, effect: Effect) -> Any:
        """What `effect` returns or raises, once the answer is back. Raises Spoilt."""
        task, fault = current_task(), self._fault(call.operation)
        call.instance, call.delivery = task.machine.number, task.delivery
        call.sent_at, call.clock_at = self.hub.now, self.hub.now - task.machine.seconds_lost
        call.fault = None if fault is _NO_FAULT else fault.kind
        self.calls.append(call)
        self.on_call(call, "request")
        if fault.kind == "unreachable":
            raise Spoilt("unreachable")
        _Journey(self, call, fault, effect, task, task.waits).begin()
        answer = self.hub.wait(seconds)
        call.ended_at = self.hub.now
        if answer is None:
            raise Spoilt("timed out")
        return answer()

    def _fault(self, operation: str) -> CallFault:
        for index, fault in enumerate(self.faults):
            if fault.operation == operation:
                self._met[index] += 1
                if 0 < self._met[index] - fault.skip <= fault.times:
                    return fault
        return _NO_FAULT


@dataclass
class _Journey:
    wire: Wire
    call: Call
    fault: CallFault
    effect: Effect
    task: Task
    wait: int

    def begin(self) -> None:
        hub, kind = self.wire.hub, self.fault.kind
        there, back = self.wire.chance.choice(_LEGS), self.wire.chance.choice(_LEGS)
        seconds = self.fault.details.get("seconds", 0.0)
        if kind in ("late", "delay", "accept_duplicate"):
            there += seconds
        arrival = hub.now + there
        if kind in ("refuse", "drop", "lose"):
            hub.at(arrival + back, lambda: self._return(self._spoil))
        if kind == "lose":
            hub.at(arrival + seconds, self._take_effect)
        elif kind not in ("refuse", "drop", "silence"):
            hub.at(arrival, lambda: self._arrive(back))

    def _arrive(self, back: float) -> None:
        answer = self._take_effect()
        if self.fault.kind not in ("late", "mute"):
            is_spoilt = self.fault.kind in _SPOILT
            returned = self._spoil if is_spoilt else answer
            self.wire.hub.at(self.wire.hub.now + back, lambda: self._return(returned))

    def _take_effect(self) -> Callable[[], Any]:
        try:
            result = self.effect(self.fault.kind)
        except Exception as error:
            refusal = error
        else:
            self.call.effect_at = self.wire.hub.now
            return lambda: result

        def refuse() -> Any:
            raise refusal

        return refuse

    def _return(self, answer: Callable[[], Any]) -> None:
        self.wire.on_call(self.call, "answer")
        self.wire.hub.wake(self.task, self.wait, answer)

    def _spoil(self) -> Any:
        raise Spoilt(_SPOILT[self.fault.kind], self.fault)
