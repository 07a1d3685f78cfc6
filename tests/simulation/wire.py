"""The way of a call to a service and back, and what goes wrong on it."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.simulation.history import Call
from tests.simulation.hub import Hub, current_task
from tests.simulation.schedule import CallFault, Schedule

_LEGS = (0.01, 0.01, 0.02, 0.03, 0.05)
"""Seconds from caller to service, or back."""

_NO_FAULT = CallFault("", "", code="DEADLINE_EXCEEDED")
_OWN = ""
_MANNERS = {
    "unreachable": (False, "unreachable"),
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
    "garbled", or "refused" as the fault says."""

    def __init__(self, how: str, fault: CallFault = _NO_FAULT) -> None:
        super().__init__(how)
        self.how = how
        self.fault = fault


class Wire:
    """All calls of a schedule. `on_call` is told of each as it is sent ("request"), has taken
    effect ("effect"), and before its answer arrives ("answer")."""

    def __init__(
        self, hub: Hub, schedule: Schedule, on_call: Callable[[Call, str], object]
    ) -> None:
        self.faults = list(schedule.call_faults)
        self.calls: list[Call] = []
        self._hub, self._on_call = hub, on_call
        self._chance = random.Random(f"wire/{schedule.seed}")
        self._met: Counter[int] = Counter()

    def call(self, call: Call, seconds: float, effect: Callable[[str], Any]) -> Any:
        """What `effect`, given the kind of fault that it meets, returns or raises, once the answer
        is back. Raises Spoilt."""
        hub, task, fault = self._hub, current_task(), self._fault(call.operation)
        call.instance, call.delivery, call.fault = task.machine.number, task.delivery, fault.kind
        call.sent_at, call.clock_at = hub.now, hub.monotonic()
        self.calls.append(call)
        self._on_call(call, "request")
        has_effect, spoilt = _MANNERS.get(fault.kind, (True, _OWN))
        there, back = self._chance.choice(_LEGS), self._chance.choice(_LEGS)
        wait = task.waits

        def take_effect() -> None:
            try:
                answer = effect(fault.kind)
            except Exception as error:
                answer = error
            else:
                call.effect_at = hub.now
                self._on_call(call, "effect")
            if spoilt == _OWN:
                hub.at(hub.now + back, lambda: come_back(answer))

        def come_back(answer: Any) -> None:
            self._on_call(call, "answer")
            hub.wake(task, wait, answer)

        if spoilt:
            hub.at(hub.now + there + back, lambda: come_back(Spoilt(spoilt, fault)))
        if has_effect:
            hub.at(hub.now + there + fault.seconds, take_effect)
        answer = hub.wait(seconds)
        call.ended_at, call.outcome = hub.now, "OK"
        if answer is None:
            answer = Spoilt("timed out")
        if isinstance(answer, Exception):
            call.outcome = repr(answer)
            raise answer
        return answer

    def _fault(self, operation: str) -> CallFault:
        for index, fault in enumerate(self.faults):
            if fault.operation == operation:
                self._met[index] += 1
                if 0 < self._met[index] - fault.skip <= fault.times:
                    return fault
        return _NO_FAULT
