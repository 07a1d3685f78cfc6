"""A line that can fail: relays TCP connections, or refuses, stalls or cuts them."""

import threading
from contextlib import ExitStack

from infra.local.processes import free_port
from tests.support.raw_server import relay


class Line:
    """Relays connections made to `address` to `target`; both are "host:port"."""

    def __init__(self, target: str) -> None:
        self.has_refused = False
        self._target, self._port = target, free_port()
        self.address = f"127.0.0.1:{self._port}"
        self._flows = threading.Event()
        self._relaying: ExitStack | None = None
        self.restore()

    def restore(self) -> None:
        self._flows.set()
        if self._relaying is None:
            self._relaying = ExitStack()
            self._relaying.enter_context(
                relay(self._target, self._once_it_flows, self._once_it_flows, self._port)
            )

    def stall(self) -> None:
        """Accepts but relays nothing until `restore`; what was sent meanwhile then arrives, be
        its sender there or not."""
        self._flows.clear()

    def refuse(self) -> None:
        """Breaks every connection and refuses new ones until `restore`."""
        self.has_refused = True
        self.close()

    def cut(self) -> None:
        """Breaks every connection; new ones are welcome."""
        self.close()
        self.restore()

    def close(self) -> None:
        self._flows.set()
        if self._relaying is not None:
            self._relaying.close()
            self._relaying = None

    def _once_it_flows(self, piece: bytes) -> bytes:
        self._flows.wait()
        return piece
