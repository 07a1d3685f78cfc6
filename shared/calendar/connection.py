"""Authorised calls to Google Calendar v3, each with its own deadline.

google-api-python-client builds the requests and checks them against the API's discovery
document; `bounded_http` sends them, because the client's own `execute` retries without a
deadline and logs Google's text.
"""

from functools import cache
from typing import Any, Protocol

import httplib2
from googleapiclient.discovery import build

from shared import log
from shared.calendar.answers import Unanswered, read_answer
from shared.calendar.event import Event
from shared.deadline import Deadline, retrying
from shared.google.bounded_http import AnswerLost, Exchange, NotSent
from shared.once import once
from shared.settings import Settings


class AccessTokens(Protocol):
    """Where access tokens come from; see `GoogleCredentials`."""

    def prepare(self, deadline: Deadline) -> None: ...
    def access_token(self, deadline: Deadline) -> str: ...
    def discard(self, access_token: str) -> None: ...


class Connection:
    """Sends the requests that `events()` builds. Sending raises Unanswered, CalendarUnavailable
    (limits), Refused, and what `GoogleCredentials.access_token` raises."""

    def __init__(self, settings: Settings, credentials: AccessTokens, exchange: Exchange) -> None:
        self.credentials = credentials
        self.events = once(lambda: _events(settings.google_emulator_url))
        self._exchange = exchange

    def read(self, request: Any, deadline: Deadline) -> Event:
        """Sends a read, retried while time allows."""
        return retrying(lambda attempt: self.send(request, attempt), deadline, Unanswered)

    def send(self, request: Any, deadline: Deadline, etag: str | None = None) -> Event:
        """Sends a request once, since only the caller knows whether a write may be repeated;
        twice only if the first access token is rejected."""
        operation = request.methodId.rpartition(".")[2]
        for may_renew in (True, False):
            token = self.credentials.access_token(deadline)
            headers = {**request.headers, "authorization": f"Bearer {token}"}
            if etag is not None:
                headers["if-match"] = etag
            response, content = self._answer(operation, request, deadline, headers)
            if response.status != 401 or not may_renew:
                break
            self.credentials.discard(token)
        return read_answer(operation, response, content)

    def _answer(
        self, operation: str, request: Any, deadline: Deadline, headers: dict[str, str]
    ) -> tuple[httplib2.Response, bytes]:
        log.count("calendar")
        try:
            return self._exchange(deadline, request.uri, request.method, request.body, headers)
        except NotSent as error:
            raise Unanswered(f"{operation}: no connection ({error})") from error
        except AnswerLost as error:
            cause = f"{operation}: no answer ({error})"
            raise Unanswered(cause, may_have_effect=True, in_flight=True) from error


@cache
def _events(emulator_url: str | None) -> Any:
    options = {"api_endpoint": f"{emulator_url}/calendar/v3/"} if emulator_url else None
    unused = httplib2.Http()  # `build` requires one
    service = build("calendar", "v3", http=unused, client_options=options, cache_discovery=False)
    return service.events()
