"""The way of a call to a service and back, and what goes wrong on it."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.history import Call
from tests.simulation.hub import Hub, current_task
from tests.simulation.schedule import CallFault

_LEGS = (0.01, 0.01, 0.02, 0.03, 0.05)
"""Seconds from caller to service, or back."""

_NO_FAULT = CallFault("", "none")
_OWN = ""
_MANNERS = {
    "refuse": (False, "refused"),
    "lose": (True, "refused"),
    "drop": (False, "broken"),
    "cut": (True, "broken"),
    "garble": (True, "garbled"),
    "silence": (False, None),
    "mute": (True, None),
    "late": (True, None),
}
"""By kind of fault: whether the call has its effect, and how its answer is spoilt; None is no
answer at all. All other kinds have their effect and their own answer."""


class Spoilt(Exception):
    """The caller gets no answer of the service's own: "timed out", "unreachable", "broken",
    "garbled", or "refused" with the details of a planned error."""

    def __init__(self, how: str, fault: CallFault = _NO_FAULT) -> None:
        super().__init__(how)
        self.how = how
        self.details = fault.details


@dataclass
class Wire:
    """All calls of a schedule. `on_call` is told of each as it is sent ("request"), has taken
    effect ("effect"), and before its answer arrives ("answer")."""

    hub: Hub
    faults: list[CallFault]
    chance: random.Random
    on_call: Callable[[Call, str], None] = lambda _call, _moment: None
    calls: list[Call] = field(default_factory=list)
    _met: Counter[int] = field(default_factory=Counter)

    def call(self, call: Call, seconds: float, effect: Callable[[str], Any]) -> Any:
        """What `effect`, given the kind of fault that it meets, returns or raises, once the answer
        is back. Raises Spoilt."""
        hub, task, fault = self.hub, current_task(), self._fault(call.operation)
        call.instance, call.delivery = task.machine.number, task.delivery
        call.sent_at, call.clock_at = hub.now, hub.now - task.machine.seconds_lost
        call.fault = None if fault is _NO_FAULT else fault.kind
        self.calls.append(call)
        self.on_call(call, "request")
        if fault.kind == "unreachable":
            raise Spoilt("unreachable")
        has_effect, spoilt = _MANNERS.get(fault.kind, (True, _OWN))
        there, back = self.chance.choice(_LEGS), self.chance.choice(_LEGS)
        wait = task.waits

        def take_effect() -> None:
            answer = self._outcome(call, effect, fault.kind)
            if spoilt == _OWN:
                hub.at(hub.now + back, lambda: come_back(answer))

        def come_back(answer: Any) -> None:
            self.on_call(call, "answer")
            hub.wake(task, wait, answer)

        if spoilt:
            hub.at(hub.now + there + back, lambda: come_back(Spoilt(spoilt, fault)))
        if has_effect:
            hub.at(hub.now + there + fault.details.get("seconds", 0.0), take_effect)
        answer = hub.wait(seconds)
        call.ended_at = hub.now
        if answer is None:
            raise Spoilt("timed out")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _outcome(self, call: Call, effect: Callable[[str], Any], fault: str) -> Any:
        try:
            result = effect(fault)
        except Exception as error:
            return error
        call.effect_at = self.hub.now
        self.on_call(call, "effect")
        return result

    def _fault(self, operation: str) -> CallFault:
        for index, fault in enumerate(self.faults):
            if fault.operation == operation:
                self._met[index] += 1
                if 0 < self._met[index] - fault.skip <= fault.times:
                    return fault
        return _NO_FAULT
