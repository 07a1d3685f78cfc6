"""Google and Firestore of one schedule as the seams in shared/ ask for them, a call's way there and
back, and what goes wrong on it."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import grpc
from google.api_core import exceptions as api

from infra.local.google import defaults, operations
from infra.local.google.state import Google
from infra.local.stand_in import operations as stand_in
from infra.local.stand_in.errors import ApiError
from infra.local.stand_in.faults import Fault
from infra.local.wire import Request, Response
from shared.deadline import Deadline
from shared.errors import CalendarUnavailable, ReauthorizationRequired
from shared.google.bounded_http import Answer, AnswerLost, NotSent
from tests.simulation.history import Call
from tests.simulation.hub import Hub, current_task
from tests.simulation.schedule import CallFault, Schedule

_PLAYED_BY_THE_STAND_IN = ("accept_duplicate", "refuse_attendees", "other_id")

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


@dataclass(frozen=True)
class Spoilt:
    """What comes instead of the service's own answer: "timed out", "unreachable", "broken",
    "garbled", or "refused" as the fault says."""

    how: str
    fault: CallFault = _NO_FAULT


class Services:
    """All calls of a schedule; whose a call is, the task tells. `on_call` is told of each as it is
    sent ("request"), has taken effect ("effect"), and before its answer arrives ("answer")."""

    def __init__(
        self, hub: Hub, schedule: Schedule, google: Google, on_call: Callable[[Call, str], object]
    ) -> None:
        self.faults = list(schedule.call_faults)
        self._hub, self._google, self._on_call = hub, google, on_call
        self._chance = random.Random(f"services/{schedule.seed}")
        self._met: Counter[int] = Counter()

    def exchange(
        self, deadline: Deadline, uri: str, method: str, body: Any, headers: dict[str, str]
    ) -> Answer:
        """Google's Calendar: an `Exchange`."""
        if deadline.left() <= 0:
            raise NotSent("TimeoutError")
        parts, content = urlsplit(uri), (body or "").encode()
        request = Request(method, parts.path, parts.query, dict(headers), content)
        asked = stand_in.find(operations.OPERATIONS, request)
        asked.operation.check(self._google, asked)  # Google's document has to know the request
        answer = self._answer(asked, deadline.left())
        described = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status, described, answer.body)

    def _answer(self, asked: stand_in.Call, seconds: float) -> Response:
        operation = asked.operation
        call = Call(operation.name, asked.args.get("event", ""))
        if operation.name == "insert":
            call.subject = asked.json["id"]
            call.guests = [guest["email"] for guest in asked.json.get("attendees", [])]

        def effect(fault: str) -> Response:
            if fault == "expire":
                self._google.tokens.expire_access_tokens()
            if fault in _PLAYED_BY_THE_STAND_IN:
                asked.fault = Fault(operation.name, fault)
            return operation.handler(self._google, asked)

        match self._call(call, seconds, effect):
            case Response() as answer:
                pass
            case ApiError() as refusal:
                answer = refusal.response()
            case Spoilt("refused", fault):
                wait = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
                refusal = operation.error(fault.status, fault.reason, "planned fault", wait)
                answer = refusal.response()
            case Spoilt("garbled"):
                answer = Response(200, b"{")
            case Spoilt("unreachable"):
                raise NotSent("unreachable")
            case Spoilt(how):
                raise AnswerLost(how)
            case error:
                raise error
        call.outcome = str(answer.status)
        return answer

    def new_token(self) -> str:
        return self._google.tokens.issue(self._google.tokens.grants[defaults.REFRESH_TOKEN], 1e9)

    def prepare(self, deadline: Deadline) -> None:
        """Access tokens are fetched when they are needed."""

    def access_token(self, deadline: Deadline) -> str:
        """That of the machine that asks, fetched if it has none."""
        machine = current_task().machine
        if machine.token is None:
            token = self._call(Call("token"), deadline.left(), lambda _: self.new_token())
            if isinstance(token, Spoilt):
                is_dead = token.fault.reason == "invalid_grant"
                raise (ReauthorizationRequired if is_dead else CalendarUnavailable)(token.how)
            machine.token = machine.token or token
        return machine.token

    def discard(self, access_token: str) -> None:
        machine = current_task().machine
        if machine.token == access_token:
            machine.token = None

    def send_to_firestore(self, call: Call, timeout: float, effect: Callable[[], Any]) -> Any:
        """Firestore: a `Send`."""
        match result := self._call(call, timeout, lambda _fault: effect()):
            case Spoilt(how, fault):
                code = grpc.StatusCode[fault.code]
                raise api.from_grpc_status(code, how)  # type: ignore[no-untyped-call]
            case Exception():
                raise result
        if call.operation == "read":
            claim = (result.to_dict() or {}).get("calendarClaim")
            call.token_seen = claim["token"] if claim else None
        return result

    def _call(self, call: Call, seconds: float, effect: Callable[[str], Any]) -> Any:
        """What `effect`, given the kind of fault that it meets, returns or raises, or else Spoilt,
        once it is back."""
        hub, task, fault = self._hub, current_task(), self._fault(call.operation)
        call.instance, call.delivery, call.fault = task.machine.number, task.delivery, fault.kind
        call.sent_at, call.clock_at = hub.now, hub.monotonic()
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
        answer = Spoilt("timed out") if answer is None else answer
        call.ended_at = hub.now
        call.outcome = repr(answer) if isinstance(answer, Exception | Spoilt) else "OK"
        return answer

    def _fault(self, operation: str) -> CallFault:
        for index, fault in enumerate(self.faults):
            if fault.operation == operation:
                self._met[index] += 1
                if 0 < self._met[index] - fault.skip <= fault.times:
                    return fault
        return _NO_FAULT
