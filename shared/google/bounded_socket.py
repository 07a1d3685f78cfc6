"""Connections whose every step ends by a deadline.

A socket's own timeout bounds one operation, and a server that sends a byte now and then gets
any number of them. Here each operation gets the time left until the deadline.

Name resolution cannot be bounded: the C library has its own timeouts, many seconds if no name
server answers. If it took too long, nothing is started after it.
"""

import socket
import ssl
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import certifi

from shared.deadline import Deadline

Resolve = Callable[..., Iterable[tuple[Any, ...]]]
"""`socket.getaddrinfo` or the like."""


class BoundedSocket(socket.socket):
    """Sends and receives by `deadline`, which each exchange sets; raises TimeoutError."""

    deadline: Deadline

    def recv_into(self, *arguments: Any) -> int:
        self.settimeout(seconds_left(self.deadline))
        return super().recv_into(*arguments)

    def send(self, *arguments: Any) -> int:
        self.settimeout(seconds_left(self.deadline))
        return super().send(*arguments)

    def sendall(self, *arguments: Any) -> None:
        self.settimeout(seconds_left(self.deadline))  # for all of it; over TLS it calls `send`
        super().sendall(*arguments)


class _TlsSocket(BoundedSocket, ssl.SSLSocket):
    """The same over TLS."""


def connected(
    host: str, port: int, is_tls: bool, deadline: Deadline, resolve: Resolve
) -> socket.socket:
    """A BoundedSocket to the first address that accepts. An unresponsive one leaves time for the
    next. Raises OSError."""
    failure = OSError("no address")
    for family, kind, protocol, _, address in resolve(host, port, type=socket.SOCK_STREAM):
        sock = BoundedSocket(family, kind, protocol)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(seconds_left(deadline.for_call()))
            sock.connect(address)
            sock.settimeout(seconds_left(deadline))  # of the whole handshake
            return _tls().wrap_socket(sock, server_hostname=host) if is_tls else sock
        except OSError as error:
            sock.close()
            failure = error
    raise failure


def seconds_left(deadline: Deadline) -> float:
    """A timeout. Raises TimeoutError if no time is left."""
    left = deadline.left()
    if left <= 0:
        raise TimeoutError
    return left


@cache
def _tls() -> ssl.SSLContext:
    """Made once, of one list of CA certificates: loading one takes 20 milliseconds. Not of the
    system's, which may have none."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.sslsocket_class = _TlsSocket
    return context
