"""HTTP with a deadline: sends each request once, over persistent connections.

The usual clients bound each socket operation but not the whole exchange; and some repeat a
request, even a POST, when the server closes the connection without an answer. Here an exchange
ends at its deadline, and a failure tells whether the request may have arrived.
"""

import select
import socket
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import BadStatusLine, HTTPConnection, HTTPException
from itertools import chain
from typing import Any
from urllib.parse import SplitResult, urlsplit

from shared.deadline import Deadline
from shared.google.bounded_socket import Resolve, connected, seconds_left

_IDLE_SECONDS = 50.0
"""A connection idle for longer is not reused: a frozen instance or a middlebox may have lost
it without notice."""


class NotSent(Exception):
    """The connection failed: the request cannot have arrived."""


class AnswerLost(Exception):
    """The request may have arrived and taken effect; its outcome is unknown."""


@dataclass(frozen=True)
class Answer:
    """`headers` has their names in lower case."""

    status: int
    headers: Mapping[str, str]
    data: bytes


Body = str | bytes | None
Exchange = Callable[[Deadline, str, str, Body, dict[str, str]], Answer]
"""Sends one request (URI, method, body, headers) and reads its whole answer, or raises NotSent
or AnswerLost by the deadline."""


class BoundedHttp:
    """An `Exchange` for all threads; each of its connections is used by one at a time."""

    def __init__(self, resolve: Resolve = socket.getaddrinfo) -> None:
        self._resolve = resolve
        self._idle = defaultdict[str, list[HTTPConnection]](list)

    def __call__(
        self, deadline: Deadline, uri: str, method: str, body: Body, headers: dict[str, str]
    ) -> Answer:
        url = urlsplit(uri)
        host = f"{url.scheme}://{url.netloc}"
        try:
            seconds_left(deadline)
            connection = self._kept(host) or self._new(url, deadline)
        except OSError as error:
            raise NotSent(type(error).__name__) from error
        sock: Any = connection.sock
        sock.deadline = deadline
        try:
            connection.request(method, uri.removeprefix(host) or "/", body, headers)
            response = connection.getresponse()
            if response.status < 200:  # an interim answer, which http.client takes as final
                raise BadStatusLine(str(response.status))
            named = {name.lower(): value for name, value in response.headers.items()}
            answer = Answer(response.status, named, response.read())
        except (OSError, HTTPException, ValueError) as error:
            # ValueError: a header that cannot be sent, or a negative chunk size.
            connection.close()
            raise AnswerLost(type(error).__name__) from error
        if connection.sock:  # the server leaves it open
            sock.deadline = Deadline(_IDLE_SECONDS)
            self._idle[host].append(connection)
        return answer

    def close(self) -> None:
        for connection in chain(*self._idle.values()):
            connection.close()

    def _kept(self, host: str) -> HTTPConnection | None:
        """A connection that is still open: an idle one is readable only at its end."""
        with suppress(IndexError):
            while True:
                connection = self._idle[host].pop()
                sock: Any = connection.sock
                poll = select.poll()
                poll.register(sock, select.POLLIN)
                if sock.deadline.left() > 0 and not poll.poll(0):
                    return connection
                connection.close()
        return None

    def _new(self, url: SplitResult, deadline: Deadline) -> HTTPConnection:
        is_tls = url.scheme == "https"
        port = url.port or (443 if is_tls else 80)
        connection = HTTPConnection(url.netloc)
        connection.sock = connected(url.hostname or "", port, is_tls, deadline, self._resolve)
        return connection


exchange = BoundedHttp()
