"""Google and Firestore of one schedule, behind one wire, as the seams in shared/ ask for them."""

from dataclasses import dataclass, field
from typing import Any

import grpc
import httplib2
from google.api_core import exceptions as api
from google.cloud import firestore

from infra.local.wire import Response
from shared.deadline import Deadline
from shared.errors import CalendarUnavailable, ReauthorizationRequired
from shared.google.bounded_http import AnswerLost, NotSent
from tests.simulation.firestore import Client
from tests.simulation.google import CalendarRequest, Google
from tests.simulation.hub import EPOCH, Machine, current_task
from tests.simulation.observations import Call, ClassWrite, State
from tests.simulation.school import School
from tests.simulation.wire import Spoilt, Wire


class _Refused(Exception):
    """Google's own refusal: the call had no effect."""

    def __init__(self, answer: Response) -> None:
        self.answer = answer


@dataclass
class Services:
    wire: Wire
    school: School
    google: Google
    tokens: dict[Machine, str] = field(default_factory=dict)

    def state(self, class_id: str, *, is_quiet: bool = False) -> State:
        """What there is of a class at this moment."""
        events = self.google.events_of(class_id)
        ids = {event["id"] for event in events}
        mails = [mail for mail in self.google.mails() if mail[1] in ids]
        document = self.school.document(class_id)
        return State(self.wire.hub.now, document, events, mails, is_quiet)

    def client(self) -> Client:
        """Firestore's, for whichever machine asks."""
        return Client(self.school.classes.client.database, self._send)

    def _send(self, operation: str, subject: str, changes: Any, timeout: float, effect: Any) -> Any:
        call = Call(operation, subject)
        if changes is not None:
            call.operation, call.write = _written(changes), _class_write(changes)

        def observed(_fault: str) -> Any:
            result = effect()
            if call.operation in ("record", "withdrawal"):
                call.state = self.state(subject)
            return result

        try:
            result = self.wire.call(call, timeout, observed)
        except Spoilt as spoilt:
            default = "DEADLINE_EXCEEDED" if spoilt.how == "timed out" else "UNAVAILABLE"
            call.outcome = spoilt.details.get("code", default)
            error: Any = api.from_grpc_status(grpc.StatusCode[call.outcome], spoilt.how)  # type: ignore[no-untyped-call]
            raise error from None
        except api.GoogleAPICallError as error:
            call.outcome = type(error).__name__
            raise
        call.outcome = "OK"
        if operation == "read":
            claim = (result.to_dict() or {}).get("calendarClaim")
            call.token_seen = claim["token"] if claim else None
        return result

    def exchange(
        self, deadline: Deadline, uri: str, method: str, body: Any, headers: dict[str, str]
    ) -> tuple[httplib2.Response, bytes]:
        """Google's Calendar, for whichever machine asks: an `Exchange`."""
        if deadline.left() <= 0:
            raise NotSent("TimeoutError")
        request = self.google.request(uri, method, body, headers)
        call = Call(request.operation, request.event_id)
        answer = self._answer(call, request, deadline.left())
        call.outcome = str(answer.status)
        described = {name.lower(): value for name, value in answer.headers.items()}
        return httplib2.Response({"status": str(answer.status), **described}), answer.body

    def _answer(self, call: Call, request: CalendarRequest, seconds: float) -> Response:
        def effect(fault: str) -> Response:
            answer = request.take_effect(fault)
            if answer.status >= 300:
                raise _Refused(answer)
            return answer

        try:
            answer: Response = self.wire.call(call, seconds, effect)
        except _Refused as refused:
            return refused.answer
        except Spoilt as spoilt:
            call.outcome = spoilt.how
            if spoilt.how == "refused":
                return request.refusal(**spoilt.details)
            if spoilt.how == "garbled":
                return Response(200, b"{")
            raise (NotSent if spoilt.how == "unreachable" else AnswerLost)(spoilt.how) from None
        return answer

    def prepare(self, deadline: Deadline) -> None:
        """Access tokens are fetched when they are needed."""

    def access_token(self, deadline: Deadline) -> str:
        """That of the machine that asks, fetched if it has none."""
        machine = current_task().machine
        if machine not in self.tokens:
            call = Call("token", "")
            try:
                self.tokens[machine] = self.wire.call(
                    call, deadline.left(), lambda _fault: self.google.new_token()
                )
            except Spoilt as spoilt:
                if spoilt.details.get("reason") == "invalid_grant":
                    raise ReauthorizationRequired("planned death") from None
                raise CalendarUnavailable(spoilt.how) from None
        return self.tokens[machine]

    def discard(self, access_token: str) -> None:
        machine = current_task().machine
        if self.tokens.get(machine) == access_token:
            del self.tokens[machine]


def _written(changes: dict[str, Any]) -> str:
    """What a claim's holder writes, by the fields it sets or removes."""
    if isinstance(changes.get("calendarClaim"), dict):
        return "claim"
    if "calendarGeneration" in changes:
        return "generation"
    if "status" in changes:
        return "record"
    return "withdrawal" if "googleEventId" in changes else "failure"


def _class_write(changes: dict[str, Any]) -> ClassWrite:
    claim = changes.get("calendarClaim")
    token, expires_at = None, 0.0
    if isinstance(claim, dict):
        token, expires_at = claim["token"], (claim["expiresAt"] - EPOCH).total_seconds()
    gives_up = claim is firestore.DELETE_FIELD
    return ClassWrite(token, expires_at, gives_up, changes.get("calendarGeneration"))
