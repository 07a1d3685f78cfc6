"""HTTP/1.1 as far as this folder needs it: requests are read whole, responses written whole."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from io import BufferedIOBase
from typing import Any
from urllib.parse import parse_qs

JSON_TYPE = "application/json; charset=UTF-8"
MAX_LINE = 65_536
MAX_BODY = 32 * 1024 * 1024


class MalformedRequest(Exception):
    """What arrived cannot be read as a request; answered with `status`."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


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
        lines = [f"HTTP/1.1 {self.status} {_phrase(self.status)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        return head if method == "HEAD" else head + self.body


def json_response(value: Any, status: int = 200, **headers: str) -> Response:
    return Response(status, json.dumps(value, separators=(",", ":")).encode(), headers=headers)


def read_request(stream: BufferedIOBase, client: str) -> Request | None:
    """The next request of a connection, None at its end. Raises MalformedRequest."""
    line = stream.readline(MAX_LINE)
    if not line.strip():
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise MalformedRequest("not an HTTP/1.1 request line")
    path, _, query = parts[1].partition("?")
    headers = _read_headers(stream)
    if parts[2] == "HTTP/1.0":
        headers.setdefault("connection", "close")
    return Request(parts[0], path, query, headers, _read_body(stream, headers), client)


def _read_headers(stream: BufferedIOBase) -> dict[str, str]:
    headers: dict[str, str] = {}
    while (line := stream.readline(MAX_LINE)) not in (b"\r\n", b"\n"):
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise MalformedRequest("a header without a colon")
        headers[name.strip().lower()] = value.strip()
    return headers


def _read_body(stream: BufferedIOBase, headers: Mapping[str, str]) -> bytes:
    if "transfer-encoding" in headers:
        raise MalformedRequest("a body needs a Content-Length here", 411)
    try:
        size = int(headers.get("content-length", "0"))
    except ValueError:
        raise MalformedRequest("a length that is no number") from None
    if not 0 <= size <= MAX_BODY:
        raise MalformedRequest("a body that is too large", 413)
    body = stream.read(size) if size else b""
    if len(body) < size:
        raise MalformedRequest("the body ended early")
    return body


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
