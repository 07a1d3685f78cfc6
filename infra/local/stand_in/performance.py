"""Carrying out one call, with the fault planned for it, up to what goes back on the wire."""

import json
import socket
import threading
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field

from infra.local.server import HangUp
from infra.local.stand_in.errors import ApiError
from infra.local.stand_in.faults import Fault
from infra.local.stand_in.journal import JournalEntry
from infra.local.stand_in.operations import NOT_IN_STAND_IN, Call
from infra.local.stand_in.state import StandInState
from infra.local.wire import Response

_LOOK_SECONDS = 0.1
_FAILED = "standInFailed"


@dataclass
class Performance:
    """One call on its way from arrival to answer."""

    state: StandInState
    call: Call
    entry: JournalEntry
    connection: socket.socket | None
    ended: threading.Event = field(init=False)

    def __post_init__(self) -> None:
        self.ended = self.state.ended

    def pieces(self) -> Iterable[bytes]:
        """What is to be sent. Raises HangUp where nothing is, or nothing more."""
        try:
            response = self._response()
            self.entry.status = response.status
        finally:  # before it is sent: whoever has read the answer finds it in the journal
            self.entry.finished_at = self.state.clock()
        data = response.encoded()
        if self.call.fault and self.call.meets("drip"):
            return self._dripped(data, self.call.fault.seconds)
        if self.call.meets("cut"):
            return self._cut(data, len(response.body) // 2)
        return [data]

    def _response(self) -> Response:
        operation = self.call.operation
        try:
            with self.state.lock:
                operation.check(self.state, self.call)
        except ApiError as error:
            self.state.note_refusal(self.entry, error)
            return self._worded(error)
        fault = self.call.fault = self.state.fault_for(operation.name, self.call.request)
        self._pause(self.state.latency_of(operation.name))
        if fault is None:
            return self._take_effect()
        self.entry.fault = {"kind": fault.kind, "when": fault.when}
        if fault.kind in ("delay", "accept_duplicate"):
            self._pause(fault.seconds)
        response = self._take_effect() if fault.has_effect else Response()
        return response if fault.is_answered else self._instead(fault)

    def _take_effect(self) -> Response:
        """Carries it out, unless there has been a reset since it came."""
        if self.ended.is_set():
            raise HangUp
        try:
            with self.state.lock:
                response = self.call.operation.handler(self.state, self.call)
        except ApiError as error:
            return self._refused(error)
        except Exception:
            traceback.print_exc()
            failed = self.call.operation.error(500, _FAILED, "See its standard error.")
            return self._refused(failed)
        self.entry.effect_at = self.state.clock()
        return response

    def _refused(self, error: ApiError) -> Response:
        if error.reason in (NOT_IN_STAND_IN, _FAILED):
            self.state.note_refusal(self.entry, error)
        return self._worded(error)

    def _worded(self, error: ApiError) -> Response:
        return error.response(self.state.settings.echo)

    def _instead(self, fault: Fault) -> Response:
        """What the client gets instead of the operation's answer."""
        if fault.kind == "silence":
            self._keep_silent()
        if fault.kind != "status":
            raise HangUp
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        if fault.body is None:
            error = self.call.operation.error
            return self._worded(error(fault.status, fault.reason, fault.message, headers))
        text = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
        return Response(fault.status, text.encode(), headers=headers)

    def _pause(self, seconds: float) -> None:
        if seconds > 0 and self.ended.wait(seconds):
            raise HangUp

    def _keep_silent(self) -> None:
        """Waits until the client leaves or there is a reset."""
        while self.connection and not _has_left(self.connection):
            self._pause(_LOOK_SECONDS)

    def _cut(self, data: bytes, missing: int) -> Iterable[bytes]:
        yield data[: len(data) - missing]
        raise HangUp

    def _dripped(self, data: bytes, interval: float) -> Iterable[bytes]:
        """One byte at a time, from the status line on."""
        for byte in data:
            yield bytes([byte])
            self._pause(interval)


def _has_left(connection: socket.socket) -> bool:
    """Whether the client has closed its side."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
