"""The HTTP server that the stand-ins and the gateway share: requests are read whole."""

import contextlib
import socket
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from infra.local.wire import Request, Response


class HangUp(Exception):
    """The connection is to be closed without another byte."""


Application = Callable[[Request, socket.socket], Iterable[bytes]]
"""Answers a request with the pieces to be sent, one after the other. May raise HangUp."""


class Server(ThreadingHTTPServer):
    """Serves an application on the loopback address, a thread for each connection."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, port: int, application: Application) -> None:
        self.application = application
        super().__init__(("127.0.0.1", port), _Connection)


class _Connection(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = 65_536

    def handle(self) -> None:
        with contextlib.suppress(OSError, HangUp):
            super().handle()

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.close_connection = True
            refusal = Response(411, b"A body needs a Content-Length here.\n", "text/plain")
            self.wfile.write(refusal.encoded())
            return
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        client = ":".join(map(str, self.client_address))
        request = Request(self.command, path, query, headers, self.rfile.read(int(length)), client)
        for piece in self.server.application(request, self.connection):
            self.connection.sendall(piece)

    do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: who answers notes what was asked."""
