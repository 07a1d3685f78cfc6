"""Google and Firestore of one schedule, behind one wire, as the seams in shared/ ask for them."""

from dataclasses import dataclass, field
from typing import Any

import httplib2

from infra.local.wire import Response
from shared.deadline import Deadline
from shared.errors import CalendarUnavailable, ReauthorizationRequired
from shared.google.bounded_http import AnswerLost, NotSent
from tests.simulation.firestore import Client
from tests.simulation.google import CalendarRequest, Google
from tests.simulation.hub import Machine, current_task
from tests.simulation.observations import Call, State
from tests.simulation.school import School
from tests.simulation.store_line import StoreLine
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
        return Client(self.school.classes.client.database, StoreLine(self.wire, self.state).send)

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
                self.wire.call(call, deadline.left(), lambda _fault: None)
            except Spoilt as spoilt:
                if spoilt.details.get("reason") == "invalid_grant":
                    raise ReauthorizationRequired("planned death") from None
                raise CalendarUnavailable(spoilt.how) from None
            self.tokens.setdefault(machine, self.google.new_token())
        return self.tokens[machine]

    def discard(self, access_token: str) -> None:
        machine = current_task().machine
        if self.tokens.get(machine) == access_token:
            del self.tokens[machine]
