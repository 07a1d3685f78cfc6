"""The HTTP server that the stand-ins and the gateway share."""

import contextlib
import socket
import socketserver
from collections.abc import Callable, Iterable

from infra.local.wire import MalformedRequest, Request, Response, read_request


class HangUp(Exception):
    """The connection is to be closed without another byte."""


Application = Callable[[Request, socket.socket], Iterable[bytes]]
"""Answers a request with the pieces to be sent, one after the other. May raise HangUp."""


class Server(socketserver.ThreadingTCPServer):
    """Serves an application on the loopback address, a thread for each connection."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, port: int, application: Application) -> None:
        self.application = application
        super().__init__(("127.0.0.1", port), _Connection)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Connection(socketserver.StreamRequestHandler):
    """Request after request, until either side closes."""

    server: Server
    disable_nagle_algorithm = True
    rbufsize = 65_536

    def handle(self) -> None:
        client = ":".join(map(str, self.client_address))
        with contextlib.suppress(OSError, HangUp):
            try:
                while (request := read_request(self.rfile, client)) is not None:
                    for piece in self.server.application(request, self.connection):
                        self.connection.sendall(piece)
                    if request.headers.get("connection", "").lower() == "close":
                        return
            except MalformedRequest as error:
                answer = Response(error.status, f"{error}\n".encode(), "text/plain")
                self.connection.sendall(answer.encoded())

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
