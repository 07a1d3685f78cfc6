"""Authorised calls to Google Calendar v3, each with its own deadline.

Built here: Google's client library takes longer to import than all else together. The stand-in
for Google checks every request of the tests against the API's discovery document.
"""

import json
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from shared import log
from shared.calendar.answers import Unanswered, read_answer
from shared.calendar.event import Event
from shared.deadline import Deadline, retrying
from shared.google.bounded_http import Answer, AnswerLost, Exchange, NotSent
from shared.settings import Settings

_METHODS = {"list": "GET", "get": "GET", "insert": "POST", "patch": "PATCH", "delete": "DELETE"}


@dataclass(frozen=True)
class Request:
    operation: str
    uri: str
    body: str | None


class AccessTokens(Protocol):
    """Where access tokens come from; see `GoogleCredentials`."""

    def prepare(self, deadline: Deadline) -> None: ...
    def access_token(self, deadline: Deadline) -> str: ...
    def discard(self, access_token: str) -> None: ...


class Connection:
    """Sends what `request` builds. Sending raises Unanswered, CalendarUnavailable (limits),
    Refused, and what `GoogleCredentials.access_token` raises."""

    def __init__(self, settings: Settings, credentials: AccessTokens, exchange: Exchange) -> None:
        self.credentials = credentials
        base = settings.google_emulator_url or "https://www.googleapis.com"
        self._calendars = f"{base}/calendar/v3/calendars"
        self._calendar_id = settings.calendar_id
        self._exchange = exchange

    def request(
        self,
        operation: str,
        *,
        calendarId: str | None = None,
        eventId: str = "",
        body: Event | None = None,
        **query: Any,
    ) -> Request:
        """A call of the API's method `events.{operation}`, with its parameters' names; those that
        are None are left out. The calendar is ours unless another is named."""
        parts = (calendarId or self._calendar_id, "events", eventId)
        path = "/".join(quote(part, safe="") for part in parts if part)
        given = {
            name: str(value).lower() if isinstance(value, bool) else value
            for name, value in {**query, "prettyPrint": False}.items()
            if value is not None
        }
        uri = f"{self._calendars}/{path}?{urlencode(given)}"
        return Request(operation, uri, None if body is None else json.dumps(body))

    def read(self, request: Request, deadline: Deadline) -> Event:
        """Sends a read, retried while time allows."""
        return retrying(lambda attempt: self.send(request, attempt), deadline, Unanswered)

    def send(self, request: Request, deadline: Deadline, etag: str | None = None) -> Event:
        """Sends a request once, since only the caller knows whether a write may be repeated;
        twice only if the first access token is rejected."""
        headers = {"content-type": "application/json"} if request.body else {}
        if etag is not None:
            headers["if-match"] = etag
        for may_renew in (True, False):
            token = self.credentials.access_token(deadline)
            headers["authorization"] = f"Bearer {token}"
            answer = self._answer(request, deadline, headers)
            if answer.status != 401 or not may_renew:
                break
            self.credentials.discard(token)
        return read_answer(request.operation, answer)

    def _answer(self, request: Request, deadline: Deadline, headers: dict[str, str]) -> Answer:
        log.count("calendar")
        method = _METHODS[request.operation]
        try:
            return self._exchange(deadline, request.uri, method, request.body, headers)
        except NotSent as error:
            raise Unanswered(f"{request.operation}: no connection ({error})") from error
        except AnswerLost as error:
            cause = f"{request.operation}: no answer ({error})"
            raise Unanswered(cause, may_have_effect=True, in_flight=True) from error
