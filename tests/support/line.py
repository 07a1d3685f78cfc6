"""A line that can fail: relays TCP connections, or refuses, stalls or cuts them."""

import socket
import struct
import threading
from contextlib import suppress

_CHUNK = 65_536
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Line:
    """Relays connections made to `address` to `target`; both are "host:port"."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self.has_refused = False
        self._target = host, int(port)
        self._flows = threading.Event()
        self._ends: set[socket.socket] = set()
        self._reserved = _bound(0)  # the port stays ours while nobody listens
        self._port: int = self._reserved.getsockname()[1]
        self._listener: socket.socket | None = None
        self.restore()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    def restore(self) -> None:
        self._flows.set()
        if self._listener is None:
            self._listener = _bound(self._port)
            self._listener.listen(512)
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stall(self) -> None:
        """Accepts but relays nothing until `restore`; what was sent meanwhile then arrives, be
        its sender there or not."""
        self._flows.clear()

    def cut(self) -> None:
        """Breaks every connection; new ones are welcome."""
        for end in list(self._ends):
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                end.shutdown(socket.SHUT_RD)

    def refuse(self) -> None:
        """Breaks every connection and refuses new ones until `restore`."""
        self.has_refused = True
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)  # which ends `accept` too
            self._listener.close()
            self._listener = None
        self.cut()

    def close(self) -> None:
        self.refuse()
        self._flows.set()
        self._reserved.close()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(self._target) as server:
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._ends.add(end)
            back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
            back.start()
            self._pump(client, server)
            back.join()
            self._ends -= {client, server}

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        """Relays one way; at its end the other way ends too."""
        with suppress(OSError):
            while chunk := source.recv(_CHUNK):
                self._flows.wait()
                sink.sendall(chunk)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RD)


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    return made
