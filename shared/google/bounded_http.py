"""httplib2, held to a deadline and to one send.

By itself httplib2 bounds each socket operation and not the exchange, so a server that
sends a byte now and then holds a caller for ever; and it sends a request again, a POST
too, when the server closes the connection without an answer. Here an exchange ends at
its deadline, a request is sent once, and a failure tells whether it can have arrived.
"""

import http.client
import io
import select
import socket
import threading
import zlib
from typing import Any, Protocol

import httplib2

from shared import clock
from shared.deadline import Deadline

_IDLE_SECONDS = 50.0
"""A connection unused for longer is opened anew: a frozen instance or a middlebox may have
lost it without either end having been told."""


_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class NotSent(Exception):
    """No connection came about: the request cannot have arrived."""


class AnswerLost(Exception):
    """The request may have arrived and taken effect; what became of it is unknown."""


class BoundedHttp(httplib2.Http):
    """A connection of one thread (httplib2 mixes up answers when threads share one)."""

    def __init__(self) -> None:
        super().__init__()
        self.follow_redirects = False
        self._deadline = Deadline(0)
        self._last_used = 0.0

    def exchange(
        self,
        deadline: Deadline,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[httplib2.Response, bytes]:
        """Sends one request and reads its whole answer, or raises NotSent or AnswerLost by
        `deadline`; only resolving the host's name is left to the system's own bounds."""
        self._deadline = deadline
        response, content = self.request(uri, method, body, headers)
        return response, content

    def _conn_request(
        self,
        conn: http.client.HTTPConnection,
        request_uri: str,
        method: str,
        body: str | bytes | None,
        headers: dict[str, str],
    ) -> tuple[httplib2.Response, bytes]:
        """Replaces the one method of httplib2 that touches the network."""
        try:
            self._connect(conn)
        except (OSError, httplib2.HttpLib2Error, http.client.HTTPException) as error:
            conn.close()
            raise NotSent(type(error).__name__) from error
        deadline = self._deadline
        conn.response_class = lambda sock, **kwargs: http.client.HTTPResponse(  # type: ignore[assignment]
            _BoundedSocket(sock, deadline),  # type: ignore[arg-type]
            **kwargs,
        )
        try:
            conn.request(method, request_uri, body, headers)
            response = conn.getresponse()
            content = response.read()
            answer = httplib2.Response(response)
            if answer.get("content-encoding") in ("gzip", "deflate"):
                content = zlib.decompress(content, _GZIP_OR_ZLIB)
            return answer, content
        except (OSError, http.client.HTTPException, zlib.error) as error:
            conn.close()
            raise AnswerLost(type(error).__name__) from error
        finally:
            self._last_used = clock.monotonic()

    def _connect(self, conn: http.client.HTTPConnection) -> None:
        left = self._deadline.left()
        if left <= 0:
            raise TimeoutError
        if conn.sock is not None and self._is_stale(conn.sock):
            conn.close()
        conn.timeout = left
        if conn.sock is None:
            conn.connect()
        conn.sock.settimeout(max(self._deadline.left(), 0.001))

    def _is_stale(self, sock: socket.socket) -> bool:
        """Nothing is due on an idle connection: what can be read is its end."""
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return clock.monotonic() - self._last_used > _IDLE_SECONDS or bool(poll.poll(0))


class _BoundedSocket:
    """Stands in for a socket towards HTTPResponse, which only asks it for a file to read."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_BoundedReader(self._sock, self._deadline))


class _BoundedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline.left()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


_local = threading.local()


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


def exchange(
    deadline: Deadline, uri: str, method: str, body: str | bytes | None, headers: dict[str, str]
) -> tuple[httplib2.Response, bytes]:
    """An `Exchange` over the calling thread's own connection, which is kept alive."""
    if not hasattr(_local, "http"):
        _local.http = BoundedHttp()
    http_of_thread: BoundedHttp = _local.http
    return http_of_thread.exchange(deadline, uri, method, body, headers)
