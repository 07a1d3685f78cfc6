"""Google and Firestore of one schedule, behind one wire, as the seams in shared/ ask for them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import grpc
from google.api_core import exceptions as api

from infra.local.google import defaults, operations, state
from infra.local.stand_in import operations as stand_in
from infra.local.stand_in.errors import ApiError
from infra.local.stand_in.faults import Fault
from infra.local.wire import Request, Response
from shared.deadline import Deadline
from shared.errors import CalendarUnavailable, ReauthorizationRequired
from shared.google.bounded_http import Answer, AnswerLost, NotSent
from tests.simulation.history import Call
from tests.simulation.hub import current_task
from tests.simulation.wire import Spoilt, Wire

_PLAYED_BY_THE_STAND_IN = ("accept_duplicate", "refuse_attendees", "other_id")


@dataclass
class Services:
    """Behind `wire`; whose call it is, the task tells."""

    wire: Wire
    google: state.Google

    def exchange(
        self, deadline: Deadline, uri: str, method: str, body: Any, headers: dict[str, str]
    ) -> Answer:
        """Google's Calendar: an `Exchange`."""
        if deadline.left() <= 0:
            raise NotSent("TimeoutError")
        parts, content = urlsplit(uri), (body or "").encode()
        names = {name.lower(): value for name, value in headers.items()}
        request = Request(method, parts.path, parts.query, names, content)
        asked = stand_in.find(operations.OPERATIONS, request)
        asked.operation.check(self.google, asked)  # Google's document has to know the request
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
                self.google.tokens.expire_access_tokens()
            if fault in _PLAYED_BY_THE_STAND_IN:
                asked.fault = Fault(operation.name, fault)
            return operation.handler(self.google, asked)

        try:
            answer: Response = self.wire.call(call, seconds, effect)
        except ApiError as refusal:
            answer = refusal.response()
        except Spoilt as spoilt:
            match spoilt.how:
                case "unreachable":
                    raise NotSent(spoilt.how) from None
                case "refused":
                    fault, wait = spoilt.fault, spoilt.fault.retry_after
                    headers = {} if wait is None else {"Retry-After": str(wait)}
                    error = operation.error(fault.status, fault.reason, "planned fault", headers)
                    answer = error.response()
                case "garbled":
                    answer = Response(200, b"{")
                case _:
                    raise AnswerLost(spoilt.how) from None
        call.outcome = str(answer.status)
        return answer

    def new_token(self) -> str:
        return self.google.tokens.issue(self.google.tokens.grants[defaults.REFRESH_TOKEN], 1e9)

    def prepare(self, deadline: Deadline) -> None:
        """Access tokens are fetched when they are needed."""

    def access_token(self, deadline: Deadline) -> str:
        """That of the machine that asks, fetched if it has none."""
        machine = current_task().machine
        if machine.token is None:
            try:
                token = self.wire.call(Call("token"), deadline.left(), lambda _: self.new_token())
            except Spoilt as spoilt:
                if spoilt.fault.reason == "invalid_grant":
                    raise ReauthorizationRequired("planned death") from None
                raise CalendarUnavailable(spoilt.how) from None
            machine.token = machine.token or token
        return machine.token

    def discard(self, access_token: str) -> None:
        machine = current_task().machine
        if machine.token == access_token:
            machine.token = None

    def send_to_firestore(self, call: Call, timeout: float, effect: Callable[[], Any]) -> Any:
        """Firestore: a `Send`."""
        try:
            result = self.wire.call(call, timeout, lambda _fault: effect())
        except Spoilt as spoilt:
            code = grpc.StatusCode[spoilt.fault.code]
            raise api.from_grpc_status(code, spoilt.how) from None  # type: ignore[no-untyped-call]
        if call.operation == "read":
            claim = (result.to_dict() or {}).get("calendarClaim")
            call.token_seen = claim["token"] if claim else None
        return result
