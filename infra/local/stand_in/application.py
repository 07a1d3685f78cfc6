"""A stand-in: what it plays, its state and its control."""

import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from infra.local.stand_in.control import CONTROL_PATH, StandInControl, controlled
from infra.local.stand_in.operations import Operation, find
from infra.local.stand_in.performance import Performance
from infra.local.stand_in.state import StandInState
from infra.local.wire import Request


@dataclass(frozen=True)
class StandIn:
    """Answers what a `Server` receives; without a connection, what is called in-process."""

    of: str
    state: StandInState
    operations: Sequence[Operation]
    control: StandInControl

    def __call__(
        self, request: Request, connection: socket.socket | None = None
    ) -> Iterable[bytes]:
        if request.path.startswith(CONTROL_PATH):
            with self.state.lock:
                return [controlled(self.control, request).encoded()]
        call = find(self.operations, request)
        entry = self.state.note(call.operation.name, request)
        return Performance(self.state, call, entry, connection).pieces()
