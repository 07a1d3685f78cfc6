"""HTTP with a deadline: sends each request once, over persistent connections.

The usual clients bound each socket operation but not the whole exchange; and some repeat a
request, even a POST, when the server closes the connection without an answer. Here an exchange
ends at its deadline, and a failure tells whether the request may have arrived.
"""

import select
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import BadStatusLine, HTTPConnection, HTTPException
from typing import Any
from urllib.parse import SplitResult, urlsplit

from shared import clock
from shared.deadline import Deadline
from shared.google.bounded_socket import Resolve, connected, resolve, seconds_left

_IDLE_SECONDS = 50.0
"""A connection idle for longer is not reused: a frozen instance or a middlebox may have lost
it without notice."""
_PORTS = {"http": 80, "https": 443}


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

    def __init__(self, resolve: Resolve = resolve) -> None:
        self._resolve = resolve
        self._idle = defaultdict[str, list[tuple[HTTPConnection, float]]](list)

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
            self._idle[host].append((connection, clock.monotonic()))
        return answer

    def close(self) -> None:
        for connection, _ in [each for kept in self._idle.values() for each in kept]:
            connection.close()

    def _kept(self, host: str) -> HTTPConnection | None:
        """A connection that is still open: an idle one is readable only at its end."""
        with suppress(IndexError):
            while True:
                connection, since = self._idle[host].pop()
                poll = select.poll()
                poll.register(connection.sock, select.POLLIN)
                if clock.monotonic() - since < _IDLE_SECONDS and not poll.poll(0):
                    return connection
                connection.close()
        return None

    def _new(self, url: SplitResult, deadline: Deadline) -> HTTPConnection:
        address = url.hostname or "", url.port or _PORTS[url.scheme]
        connection = HTTPConnection(url.netloc)
        connection.sock = connected(*address, url.scheme == "https", deadline, self._resolve)
        return connection


exchange = BoundedHttp()
