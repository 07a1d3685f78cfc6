"""Authorised calls to Google Calendar v3, each with its own deadline.

Built here: Google's client library takes longer to import than all else together. The stand-in
for Google checks every request of the tests against the API's discovery document.
"""

import json
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from shared import log
from shared.calendar.answers import OtherEvent, Unanswered, read_answer
from shared.calendar.event import Event
from shared.deadline import Deadline, retrying
from shared.google.bounded_http import AnswerLost, Exchange, NotSent
from shared.settings import Settings

_METHODS = {"list": "GET", "get": "GET", "insert": "POST", "patch": "PATCH", "delete": "DELETE"}


class AccessTokens(Protocol):
    """Where access tokens come from; see `GoogleCredentials`."""

    def prepare(self, deadline: Deadline) -> None: ...
    def access_token(self, deadline: Deadline) -> str: ...
    def discard(self, access_token: str) -> None: ...


class Connection:
    """Calls the API's methods `events.*`. Raises Unanswered, CalendarUnavailable (limits), Refused,
    OtherEvent, and what `GoogleCredentials.access_token` raises."""

    def __init__(self, settings: Settings, credentials: AccessTokens, exchange: Exchange) -> None:
        base = settings.google_emulator_url or "https://www.googleapis.com"
        self._calendars = f"{base}/calendar/v3/calendars"
        self._calendar_id = settings.calendar_id
        self._credentials = credentials
        self._exchange = exchange

    def read(self, operation: str, deadline: Deadline, **parameters: Any) -> Event:
        """Calls a method that changes nothing, and is retried while time allows."""
        return retrying(
            lambda attempt: self.send(operation, attempt, **parameters), deadline, Unanswered
        )

    def send(
        self,
        operation: str,
        deadline: Deadline,
        *,
        calendar_id: str | None = None,
        event_id: str = "",
        etag: str | None = None,
        body: Event | None = None,
        **query: object,
    ) -> Event:
        """Calls a method once, since only the caller knows whether a write may be repeated; twice
        only if the first access token is rejected. The calendar is ours unless another is named."""
        in_path = "" if operation == "insert" else event_id
        parts = (calendar_id or self._calendar_id, "events", in_path)
        path = "/".join(quote(part, safe="") for part in parts if part)
        uri = f"{self._calendars}/{path}?{urlencode({**query, 'prettyPrint': 'false'})}"
        content = json.dumps(body) if body else None
        headers = {"content-type": "application/json"} if body else {}
        if etag is not None:
            headers["if-match"] = etag
        for may_renew in (True, False):
            token = self._credentials.access_token(deadline)
            headers["authorization"] = f"Bearer {token}"
            log.count("calendar")
            try:
                answer = self._exchange(deadline, uri, _METHODS[operation], content, headers)
            except NotSent as error:
                raise Unanswered(f"{operation}: no connection ({error})") from error
            except AnswerLost as error:
                cause = f"{operation}: no answer ({error})"
                raise Unanswered(cause, may_have_effect=True, in_flight=True) from error
            if answer.status != 401 or not may_renew:
                break
            self._credentials.discard(token)
        told = read_answer(operation, answer)
        if told.get("id", event_id) != event_id:
            raise OtherEvent(operation, told)
        return told
