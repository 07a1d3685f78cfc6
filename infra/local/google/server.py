"""The HTTP server: connections, how an answer is put on the wire, reset."""

import contextlib
import socketserver
import time

from . import control
from .performance import HangUp, Reply, perform
from .wire import MalformedRequest, Request, Response, read_request
from .world import World


class StandIn(socketserver.ThreadingTCPServer):
    """Serves all faces on one loopback address, a thread for each connection."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Connection)
        self.world = World()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def reset(self, keep_access_tokens: bool = False) -> None:
        """Forgets everything; what still waits in the old world ends without effect."""
        old, new = self.world, World()
        if keep_access_tokens:
            with old.lock:
                new.tokens.adopt(old.tokens)
        self.world = new
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
        self._deliver(perform(world, request, self.connection), world)

    def _deliver(self, reply: Reply, world: World) -> None:
        reply.entry.status = reply.response.status
        # Noted first, so that whoever has read the answer finds it in the journal.
        reply.entry.finished_at = time.monotonic()
        kind = reply.fault.kind if reply.fault else ""
        if kind == "cut":
            body = reply.response.body
            self.connection.sendall(reply.response.head() + body[: len(body) // 2])
            raise HangUp
        if kind == "drip":
            self._drip(reply, world)
        else:
            self._send(reply.response)

    def _send(self, response: Response) -> None:
        self.connection.sendall(response.head() + response.body)

    def _drip(self, reply: Reply, world: World) -> None:
        """Sends the answer one byte at a time, from its status line on."""
        interval = reply.fault.interval if reply.fault else 0
        try:
            for byte in reply.response.head() + reply.response.body:
                self.connection.sendall(bytes([byte]))
                if world.ended.wait(interval):
                    raise HangUp
        finally:
            reply.entry.finished_at = time.monotonic()
