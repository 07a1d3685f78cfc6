"""HTTP requests and responses, whole."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http.client import responses
from typing import Any
from urllib.parse import parse_qs

JSON_TYPE = "application/json; charset=UTF-8"


@dataclass(frozen=True)
class Request:
    """Header names are in lower case; `path` is still percent-encoded."""

    method: str
    path: str
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    client: str = ""

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query_string}" if self.query_string else self.path

    @cached_property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(self.query_string, keep_blank_values=True)

    @cached_property
    def form(self) -> dict[str, str]:
        """The body as an HTML form; of a repeated field the last one counts."""
        text = self.body.decode("utf-8", "replace")
        return {name: values[-1] for name, values in parse_qs(text).items()}


@dataclass(frozen=True)
class Response:
    status: int = 200
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self, method: str = "GET") -> bytes:
        """What is sent in answer to a request of that method."""
        headers = dict(self.headers)
        if self.status not in (204, 304):
            given = {name.lower() for name in headers}
            own = {"Content-Type": self.content_type, "Content-Length": str(len(self.body))}
            headers |= {name: own[name] for name in own if name.lower() not in given}
        lines = [f"HTTP/1.1 {self.status} {responses.get(self.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        return head if method == "HEAD" else head + self.body


def json_response(value: Any, status: int = 200, **headers: str) -> Response:
    return Response(status, json.dumps(value, separators=(",", ":")).encode(), headers=headers)
