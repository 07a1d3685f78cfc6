"""The HTTP server: connections, how an answer is put on the wire, reset."""

import contextlib
import socket
import socketserver
import sys
import time
import traceback

from . import control
from .errors import ApiError
from .performance import HangUp, Reply, perform
from .wire import MalformedRequest, Request, Response, read_request
from .world import World


class StandIn(socketserver.ThreadingTCPServer):
    """Serves all faces on one loopback address, a thread for each connection."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        super().__init__((host, port), Connection)
        self.world = World()

    @property
    def url(self) -> str:
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def reset(self) -> None:
        """Forgets everything; what still waits in the old world ends without effect."""
        old, self.world = self.world, World()
        with old.lock:
            old.ended.set()


class Connection(socketserver.StreamRequestHandler):
    """One client's connection: request after request until either side closes it."""

    server: StandIn
    disable_nagle_algorithm = True
    rbufsize = 65_536

    def handle(self) -> None:
        client = ":".join(map(str, self.client_address))
        with contextlib.suppress(OSError, HangUp, MalformedRequest):
            while (request := read_request(self.rfile, client)) is not None:
                self._serve(request)
                if request.wants_close:
                    return

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()

    def _serve(self, request: Request) -> None:
        if request.path.startswith("/control/"):
            self._send(control.answer(self.server, request))
            return
        world = self.server.world
        try:
            reply = perform(world, request, self.connection)
        except (HangUp, ApiError):
            raise
        except Exception:
            traceback.print_exc(file=sys.stderr)
            self._send(Response(500, b"the stand-in failed, see its log", "text/plain"))
            return
        self._deliver(reply, world)

    def _deliver(self, reply: Reply, world: World) -> None:
        reply.entry.status = reply.response.status
        reply.entry.finished_at = time.monotonic()
        kind = reply.fault.kind if reply.fault else ""
        if kind == "cut":
            body = reply.response.body
            self.connection.sendall(reply.response.head() + body[: len(body) // 2])
            raise HangUp
        if reply.fault is not None and kind == "drip":
            _drip(self.connection, reply.response, reply.fault.interval, world)
        else:
            self._send(reply.response)

    def _send(self, response: Response) -> None:
        self.connection.sendall(response.head() + response.body)


def _drip(connection: socket.socket, response: Response, interval: float, world: World) -> None:
    """Sends the answer one byte at a time, from its status line on."""
    for byte in response.head() + response.body:
        connection.sendall(bytes([byte]))
        if world.ended.wait(interval):
            raise HangUp
