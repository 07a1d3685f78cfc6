"""A stand-in: what it plays, its state, and the reset that renews it."""

import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from infra.local.stand_in import control
from infra.local.stand_in.operations import Operation, find
from infra.local.stand_in.performance import Performance
from infra.local.stand_in.state import StandInState
from infra.local.wire import Request


@dataclass(frozen=True)
class StandIn:
    """What is played for whom: its operations, and its control besides that of every stand-in.

    `adopt` gets the old and the new state of a reset and what is to be kept.
    """

    of: str
    new_state: Callable[[], StandInState]
    operations: Sequence[Operation]
    actions: control.Actions
    adopt: Callable[..., None] = lambda _old, _new: None


class StandInApplication:
    """Answers what a `Server` receives; without a connection, what is called in-process."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in
        self._state = stand_in.new_state()
        self._actions = {
            **control.OF_EVERY_STAND_IN,
            **stand_in.actions,
            ("POST", "reset"): self._reset,
        }

    def __call__(
        self, request: Request, connection: socket.socket | None = None
    ) -> Iterable[bytes]:
        state = self._state
        if request.path.startswith("/control/"):
            return [control.answer(state, self._actions, request).encoded()]
        call = find(self._stand_in.operations, request)
        entry = state.journal.open(call.operation.name, request)
        return Performance(state, call, entry, connection).pieces()

    def _reset(self, old: StandInState, **keep: Any) -> None:
        """Forgets everything; what still waits in the old state ends without effect."""
        new = self._stand_in.new_state()
        self._stand_in.adopt(old, new, **keep)
        self._state = new
        old.ended.set()
