"""HTTP with a deadline: sends each request once, over persistent connections.

The usual clients bound each socket operation but not the whole exchange, so a server that
sends a byte now and then can block a caller forever; and httplib2 repeats a request, even a
POST, when the server closes the connection without an answer. Here an exchange ends at its
deadline (except for name resolution, see `bounded_socket`), and a failure tells whether the
request may have arrived.
"""

import http.client
import zlib
from typing import Any, Protocol
from urllib.parse import SplitResult, urlsplit, urlunsplit

import httplib2

from shared.deadline import Deadline
from shared.google.bounded_socket import BoundedSocket, Resolve, resolve, seconds_left

_PORTS = {"http": 80, "https": 443}
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class NotSent(Exception):
    """The connection failed: the request cannot have arrived."""


class AnswerLost(Exception):
    """The request may have arrived and taken effect; its outcome is unknown."""


class Exchange(Protocol):
    """Sends one request and reads its whole answer, or raises NotSent or AnswerLost by
    `deadline`."""

    def __call__(
        self,
        deadline: Deadline,
        uri: str,
        method: str,
        body: str | bytes | None,
        headers: dict[str, str],
    ) -> tuple[httplib2.Response, bytes]: ...


class BoundedHttp:
    """An `Exchange` for one thread at a time, with a connection to each host."""

    def __init__(self, resolve: Resolve = resolve) -> None:
        self._resolve = resolve
        self._connections: dict[tuple[str, str], http.client.HTTPConnection] = {}

    def __call__(
        self,
        deadline: Deadline,
        uri: str,
        method: str,
        body: str | bytes | None,
        headers: dict[str, str],
    ) -> tuple[httplib2.Response, bytes]:
        url = urlsplit(uri)
        key = (url.scheme, url.netloc)
        connection = self._connections.get(key) or http.client.HTTPConnection(url.netloc)
        self._connections[key] = connection
        try:
            self._make_ready(connection, url, deadline)
        except OSError as error:
            connection.close()
            raise NotSent(type(error).__name__) from error
        try:
            connection.request(method, _target(url), body, headers)
            response = connection.getresponse()
            if response.status < 200:  # an interim answer, which http.client takes as final
                raise http.client.BadStatusLine(str(response.status))
            return httplib2.Response(response), _decoded(response, response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            # ValueError: a header that cannot be sent, or a negative chunk size.
            connection.close()
            raise AnswerLost(type(error).__name__) from error

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()

    def _make_ready(
        self, connection: http.client.HTTPConnection, url: SplitResult, deadline: Deadline
    ) -> None:
        """Gives `connection` a socket bound to `deadline`, a new one if necessary."""
        seconds_left(deadline)
        sock: Any = connection.sock
        if sock is None or sock.is_stale:
            connection.close()
            address = url.hostname or "", url.port or _PORTS[url.scheme]
            sock = BoundedSocket(*address, url.scheme == "https", deadline, self._resolve)
            connection.sock = sock
        sock.use(deadline)


def _target(url: SplitResult) -> str:
    return urlunsplit(("", "", url.path or "/", url.query, ""))


def _decoded(response: http.client.HTTPResponse, content: bytes) -> bytes:
    """The content uncompressed, or as it is if it does not match its header: the answer's
    status still counts."""
    if response.headers.get("content-encoding", "").lower() not in ("gzip", "x-gzip", "deflate"):
        return content
    try:
        return zlib.decompress(content, _GZIP_OR_ZLIB)
    except zlib.error:
        return content


_idle: list[BoundedHttp] = []


def exchange(
    deadline: Deadline, uri: str, method: str, body: str | bytes | None, headers: dict[str, str]
) -> tuple[httplib2.Response, bytes]:
    """An `Exchange` over pooled connections, each used by one thread at a time. They are not
    kept per thread: those that renew a listing or a token live for one renewal only."""
    try:
        http = _idle.pop()
    except IndexError:
        http = BoundedHttp()
    try:
        return http(deadline, uri, method, body, headers)
    finally:
        _idle.append(http)
