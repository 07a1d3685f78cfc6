"""Google Calendar: the stand-in's own event logic, called in-process. The one module that
knows the inside of infra/local/google."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from infra.local.google import defaults, event_writing, operations, state
from infra.local.stand_in.errors import ApiError
from infra.local.stand_in.faults import Fault
from infra.local.stand_in.operations import Call, find
from infra.local.wire import Request, Response

Document = dict[str, Any]
_PLAYED_BY_THE_STAND_IN = ("accept_duplicate", "refuse_attendees", "other_id")


class Google:
    """One calendar, its guests' mails, and the access tokens that it takes."""

    def __init__(self, clock: Callable[[], float], now: Callable[[], datetime]) -> None:
        self._google = state.Google(clock, now)

    def change_settings(self, **values: Any) -> None:
        self._google.change_settings(values)

    def new_token(self) -> str:
        grant = self._google.tokens.grants[defaults.REFRESH_TOKEN]
        return self._google.tokens.issue(grant, 1e9)

    def request(
        self, uri: str, method: str, body: str | bytes | None, headers: Mapping[str, str]
    ) -> "CalendarRequest":
        parts = urlsplit(uri)
        content = body.encode() if isinstance(body, str) else body or b""
        names = {name.lower(): value for name, value in headers.items()}
        request = Request(method, parts.path, parts.query, names, content)
        call = find(operations.OPERATIONS, request)
        call.operation.check(self._google, call)  # Google's document has to know the request
        return CalendarRequest(self._google, call)

    def events_of(self, class_id: str) -> list[Document]:
        """Every event made for a class, deleted ones too."""
        events = (held.resource for held in self._calendar.events.values())
        return [event for event in events if _owner(event) == class_id]

    def edit(self, event_id: str, changes: Document | None) -> None:
        """By hand: changes a live event or, without changes, deletes it; nobody is told."""
        held, manner = self._calendar.events[event_id], event_writing.Manner()
        if changes is None:
            event_writing.cancel(self._google, self._calendar, held, manner)
        else:
            event_writing.change(self._google, self._calendar, held, changes, manner)

    def mails(self) -> Iterator[tuple[str, str, str]]:
        """Kind, event id and address of every mail to a guest."""
        for mail in self._google.invitations:
            yield mail.kind, mail.event_id, mail.attendee

    @property
    def _calendar(self) -> Any:
        return self._google.calendars[defaults.CALENDAR_ID]


def _owner(event: Document) -> object:
    return event.get("extendedProperties", {}).get("private", {}).get("virtualClassId")


@dataclass
class CalendarRequest:
    """A request as it arrives."""

    google: state.Google
    call: Call

    @property
    def operation(self) -> str:
        return self.call.operation.name

    @property
    def event_id(self) -> str:
        if self.operation == "insert":
            return str(self.call.json.get("id", ""))
        return self.call.args.get("event", "")

    def take_effect(self, fault: str) -> Response:
        """Google's own answer."""
        if fault == "expire":
            self.google.tokens.expire_access_tokens()
        if fault in _PLAYED_BY_THE_STAND_IN:
            self.call.fault = Fault(self.operation, fault)
        try:
            return self.call.operation.handler(self.google, self.call)
        except ApiError as error:
            return error.response()

    def refusal(
        self,
        status: int = 503,
        reason: str = "backendError",
        retry_after: int | None = None,
        **_other: object,
    ) -> Response:
        """A planned error in Google's words."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return self.call.operation.error(status, reason, "planned fault", headers).response()
