"""The tests' HTTP client, and the answers that several tests expect."""

import http.client
import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

SUCCESS = {"success": True, "message": "Event created successfully"}
"""What `create_event` answers for a class that is booked."""

Body = bytes | str | Iterable[bytes] | None


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        assert self.headers.get_content_type() == "application/json", self
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        """The word by which the Calendar tells its errors apart."""
        return str(self.json["error"]["errors"][0]["reason"])


def send(
    address: str,
    method: str,
    path: str = "/",
    body: Body = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 40,
) -> Answer:
    """Sends a request to "host:port" over a connection of its own. A body given in parts is sent
    in chunks, without its length."""
    with closing(http.client.HTTPConnection(address, timeout=timeout)) as connection:
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())


def book(address: str, preference_id: str) -> Answer:
    """Delivers the notice of a paid class to `create_event` at "host:port"."""
    return send(address, "POST", "/api/calendar", json.dumps({"preferenceId": preference_id}))
