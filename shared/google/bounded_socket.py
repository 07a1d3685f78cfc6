"""A connection whose every step ends by a deadline.

A socket's own timeout bounds one operation. Here each operation (connecting to an address, TLS,
each send and receive) gets the time left until the deadline.

Name resolution cannot be bounded: the C library has its own timeouts, many seconds if no name
server answers. If it took too long, nothing is started after it.
"""

import io
import select
import socket
import ssl
from collections.abc import Callable, Iterable
from typing import Any

import httplib2

from shared import clock
from shared.deadline import Deadline
from shared.once import once

_IDLE_SECONDS = 50.0
"""A connection idle for longer is not reused: a frozen instance or a middlebox may have lost
it without notice."""

Resolve = Callable[[str, int], Iterable[tuple[Any, ...]]]
"""The addresses of a host and port, in the format of `socket.getaddrinfo`."""


def resolve(host: str, port: int) -> Iterable[tuple[Any, ...]]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class BoundedSocket:
    """A TCP or TLS connection with the socket methods that http.client needs. Call `use` before
    each exchange. Raises TimeoutError, an OSError, at its deadline."""

    def __init__(self, host: str, port: int, tls: bool, deadline: Deadline, resolve: Resolve):
        self._deadline = deadline
        self._sock = _connected(resolve(host, port), deadline)
        self._last_used = clock.monotonic()
        if tls:
            self._begin_tls(host)

    def _begin_tls(self, host: str) -> None:
        try:
            self._sock.settimeout(seconds_left(self._deadline))
            self._sock = _tls().wrap_socket(self._sock, server_hostname=host)
        except OSError:
            self._sock.close()
            raise

    def use(self, deadline: Deadline) -> None:
        """Binds the connection to another deadline."""
        self._deadline = deadline
        self._last_used = clock.monotonic()

    @property
    def is_stale(self) -> bool:
        """Whether it was idle too long or is closed: an idle one is readable only at its end."""
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        return clock.monotonic() - self._last_used > _IDLE_SECONDS or bool(poll.poll(0))

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self._sock.settimeout(seconds_left(self._deadline))
            rest = rest[self._sock.send(rest) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._sock, self._deadline))

    def close(self) -> None:
        self._sock.close()


class _Reader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(seconds_left(self._deadline))
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


def seconds_left(deadline: Deadline) -> float:
    """The timeout of a socket's next operation. Raises TimeoutError if no time is left."""
    left = deadline.left()
    if left <= 0:
        raise TimeoutError
    return left


def _connected(addresses: Iterable[tuple[Any, ...]], deadline: Deadline) -> socket.socket:
    """A socket connected to the first address that accepts. An unresponsive one leaves time for
    the next."""
    failure = OSError("no address")
    for family, kind, protocol, _, address in addresses:
        seconds_left(deadline)
        sock = socket.socket(family, kind, protocol)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(deadline.call_timeout())
        try:
            sock.connect(address)
            return sock
        except OSError as error:
            sock.close()
            failure = error
    raise failure


# Loading the CA certificates takes tens of milliseconds.
_tls = once(lambda: ssl.create_default_context(cafile=httplib2.CA_CERTS))
