"""What stands between the product and the simulated services: the seams in shared/.

One class store and one calendar serve all instances of all schedules: whose call it is, is told
by the task that makes it.
"""

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
from tests.simulation import wire as wires
from tests.simulation.firestore import Client, Query
from tests.simulation.google import CalendarRequest, Google
from tests.simulation.history import Call, ClassWrite, State
from tests.simulation.hub import EPOCH, Machine, current_task
from tests.simulation.schedule import CallFault
from tests.simulation.wire import Wire


class _Refused(Exception):
    """Google's own refusal: the call had no effect."""

    def __init__(self, answer: Response) -> None:
        self.answer = answer


@dataclass
class Services:
    """Google and Firestore of one schedule, behind one wire."""

    wire: Wire
    school: Query
    """The collection of classes, as the school reads and writes it."""
    google: Google
    tokens: dict[Machine, str] = field(default_factory=dict)

    def state(self, class_id: str, *, is_quiet: bool = False) -> State:
        """What there is of a class at this moment."""
        events = self.google.events_of(class_id)
        ids = {event["id"] for event in events}
        mails = [mail for mail in self.google.mails() if mail[1] in ids]
        document = self.school.document(class_id).now().to_dict()
        return State(self.wire.hub.now, document, events, mails, is_quiet)

    def client(self) -> Any:
        return Client(self.school.client.database, self._send)

    def _send(self, operation: str, subject: str, changes: Any, timeout: float, effect: Any) -> Any:
        call = Call(operation if changes is None else _written(changes), subject)
        call.write = None if changes is None else _class_write(changes)

        def observed(_fault: CallFault | None) -> Any:
            result = effect()
            if call.operation in ("record", "withdrawal"):
                call.state = self.state(subject)
            return result

        try:
            result = self.wire.call(call, timeout, observed)
        except wires.TimedOut:
            raise api.DeadlineExceeded("planned silence") from None
        except wires.Failed as failed:
            call.outcome = failed.fault.details.get("code", "UNAVAILABLE")
            raise api.from_grpc_status(grpc.StatusCode[call.outcome], "planned fault") from None
        except (wires.Broken, wires.NotReached, wires.Garbled):
            raise api.ServiceUnavailable("planned break") from None
        except api.GoogleAPICallError as error:
            call.outcome = type(error).__name__
            raise
        call.outcome = "OK"
        if operation == "read":
            claim = (result.to_dict() or {}).get("calendarClaim")
            call.token_seen = claim.get("token") if claim else None
        return result

    def exchange(
        self, deadline: Deadline, uri: str, method: str, body: Any, headers: dict[str, str]
    ) -> tuple[httplib2.Response, bytes]:
        if deadline.left() <= 0:
            raise NotSent("TimeoutError")
        request = self.google.request(uri, method, body, headers)
        call = Call(request.operation, request.event_id)

        request.arrive()

        def effect(fault: CallFault | None) -> Response:
            answer = request.take_effect(fault.kind if fault else None)
            if answer.status >= 300:
                raise _Refused(answer)
            return answer

        try:
            answer = self._answer(call, request, deadline.left(), effect)
        except (wires.TimedOut, wires.Broken) as error:
            raise AnswerLost(type(error).__name__) from None
        except wires.NotReached:
            raise NotSent("ConnectionRefusedError") from None
        call.outcome = call.outcome or str(answer.status)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return httplib2.Response({"status": answer.status, **headers}), answer.body

    def _answer(
        self, call: Call, request: CalendarRequest, seconds: float, effect: Any
    ) -> Response:
        try:
            answer: Response = self.wire.call(call, seconds, effect)
        except wires.Failed as failed:
            details = failed.fault.details
            return request.refusal(
                details.get("status", 503),
                details.get("reason", "backendError"),
                details.get("retry_after"),
            )
        except wires.Garbled:
            call.outcome = "garbled"
            return Response(200, b"{")
        except _Refused as refused:
            return refused.answer
        return answer

    def prepare(self, deadline: Deadline) -> None:
        """Access tokens are fetched when they are needed."""

    def access_token(self, deadline: Deadline) -> str:
        machine = current_task().machine
        if machine not in self.tokens:
            call = Call("token", "")
            try:
                self.wire.call(call, deadline.left(), lambda _fault: None)
            except wires.Failed as failed:
                if failed.fault.details.get("reason") == "invalid_grant":
                    raise ReauthorizationRequired("planned death") from None
                raise CalendarUnavailable("planned fault") from None
            except (wires.TimedOut, wires.Broken, wires.NotReached, wires.Garbled):
                raise CalendarUnavailable("planned break") from None
            call.outcome = "OK"
            self.tokens[machine] = self.google.new_token()
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
