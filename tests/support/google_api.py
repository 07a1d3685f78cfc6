"""A client of the stand-in for Google, which holds every answer of the Calendar to the discovery
document."""

import io
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from http.client import HTTPResponse
from socket import socket
from typing import Any, cast
from urllib.parse import quote, urlencode

from infra.local.google import defaults
from infra.local.google.discovery import check_value
from infra.local.google.operations import stand_in
from infra.local.stand_in.control import Remote
from infra.local.wire import Request
from tests.support.client import Answer

CALENDAR = "/calendar/v3/calendars/" + quote(defaults.CALENDAR_ID, safe="")
MEET = {"createRequest": {"requestId": "one", "conferenceSolutionKey": {"type": "hangoutsMeet"}}}

Send = Callable[[str, str, str | None, Mapping[str, str]], Answer]
"""Sends a request: method, target, body, headers."""


class GoogleApi:
    """Speaks to the stand-in as a client of Google would."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.access_token = ""

    def call(self, method: str, target: str, body: str | None = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._send(method, target, body, named)

    def post_form(self, path: str, **form: str) -> Answer:
        return self.call(
            "POST", path, urlencode(form), Content_Type="application/x-www-form-urlencoded"
        )

    def refresh(self, **changes: str) -> Answer:
        """Asks the token endpoint for an access token."""
        form = {
            "grant_type": "refresh_token",
            "client_id": defaults.CLIENT_ID,
            "client_secret": defaults.CLIENT_SECRET,
            "refresh_token": defaults.REFRESH_TOKEN,
        }
        return self.post_form("/token", **{**form, **changes})

    def calendar(
        self, method: str, path: str, body: Any = None, headers: Any = None, **query: Any
    ) -> Answer:
        """A call to the Calendar with a valid access token."""
        if not self.access_token:
            self.access_token = self.refresh().json["access_token"]
        target = f"{CALENDAR}{path}" + (f"?{urlencode(query, doseq=True)}" if query else "")
        text = None if body is None else json.dumps(body)
        authorization = {"Authorization": f"Bearer {self.access_token}"}
        answer = self.call(method, target, text, **authorization, **(headers or {}))
        if answer.status == 200:
            is_list = method == "GET" and path == "/events"
            check_value("Events" if is_list else "Event", answer.json)
        return answer

    def insert(self, body: Mapping[str, Any], **query: Any) -> Answer:
        return self.calendar("POST", "/events", body, **query)

    def get(self, event_id: str, **query: Any) -> Answer:
        return self.calendar("GET", f"/events/{event_id}", **query)

    def patch(self, event_id: str, body: Any, headers: Any = None, **query: Any) -> Answer:
        return self.calendar("PATCH", f"/events/{event_id}", body, headers, **query)

    def delete(self, event_id: str, headers: Any = None, **query: Any) -> Answer:
        return self.calendar("DELETE", f"/events/{event_id}", None, headers, **query)

    def list(self, **query: Any) -> Answer:
        return self.calendar("GET", "/events", **query)


class GoogleInProcess(Remote):
    """The stand-in without a process or a socket."""

    def __init__(self) -> None:
        super().__init__("http://in.process")
        self._application = stand_in()

    def send(
        self, method: str, target: str, body: str | None, headers: Mapping[str, str]
    ) -> Answer:
        path, _, query = target.partition("?")
        named = {name.lower(): value for name, value in headers.items()}
        request = Request(method, path, query, named, (body or "").encode())
        data = b"".join(self._application(request))
        response = HTTPResponse(cast("socket", _Received(data)))
        response.begin()
        return Answer(response.status, response.headers, response.read())

    def _post(self, path: str, body: str) -> tuple[int, bytes]:
        answer = self.send("POST", path, body, {})
        return answer.status, answer.body


class _Received:
    """What `HTTPResponse` reads an answer from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def event(**details: Any) -> dict[str, Any]:
    """The body of an event of one hour."""
    return {
        "start": {"dateTime": "2030-03-15T17:00:00-03:00"},
        "end": {"dateTime": "2030-03-15T18:00:00-03:00"},
        **details,
    }


def event_at(start: datetime, end: datetime, **details: Any) -> dict[str, Any]:
    """The body of an event of these hours, unless the details have others."""
    times = {"start": {"dateTime": start.isoformat()}, "end": {"dateTime": end.isoformat()}}
    return {**times, **details}
