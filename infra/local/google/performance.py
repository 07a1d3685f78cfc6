"""Carrying out one request, with the fault planned for it, up to what goes back on the wire."""

import json
import socket
import time
import traceback
from dataclasses import dataclass

from . import calendar_api, routes
from .errors import ApiError
from .faults import Fault
from .journal import Entry
from .routes import Route
from .wire import Request, Response
from .world import Call, World

_LOOK_SECONDS = 0.1
_LONGEST_SILENCE_SECONDS = 120.0


class HangUp(Exception):
    """The connection is to be closed without an answer."""


@dataclass(frozen=True)
class Reply:
    """An answer and how it is sent: whole, byte by byte, or cut off half-way."""

    response: Response
    entry: Entry
    fault: Fault | None = None


def perform(world: World, request: Request, connection: socket.socket) -> Reply:
    """Raises HangUp where nothing is to be answered."""
    found = routes.find(request)
    if found is None:
        return _nowhere(world, request)
    route, call = found
    entry = world.journal.open(route.operation, request)
    try:
        route.check(call)
    except ApiError as error:
        _note_refusal(world, entry, error)
        return Reply(error.response(world.settings.echo), entry)
    fault = world.faults.take(route.operation, request)
    play = _Play(world, route, call, entry, connection)
    try:
        if fault is not None:
            play.prepare(fault)
        _pause(world, _latency(world, route.operation))
        response = play.carry_out() if fault is None else play.with_fault(fault)
    except HangUp:
        entry.finished_at = time.monotonic()
        raise
    return Reply(response, entry, fault)


@dataclass
class _Play:
    """One call being carried out."""

    world: World
    route: Route
    call: Call
    entry: Entry
    connection: socket.socket

    def carry_out(self) -> Response:
        """Lets the operation take effect, unless the world it was meant for has ended."""
        if self.world.ended.is_set():
            raise HangUp
        try:
            response = self.route.handler(self.world, self.call)
        except ApiError as error:
            return self._refused(error)
        except Exception:
            traceback.print_exc()
            return self._refused(self.route.error(500, "standInFailed", "See its standard error."))
        self.entry.effect_at = time.monotonic()
        return response

    def _refused(self, error: ApiError) -> Response:
        if error.reason in ("notInStandIn", "standInFailed"):
            _note_refusal(self.world, self.entry, error)
        return error.response(self.world.settings.echo)

    def prepare(self, fault: Fault) -> None:
        """Notes the fault, and what it makes of the call, at the moment the call arrived."""
        self.entry.fault = {"kind": fault.kind, "when": fault.when}
        self.call.refuses_attendees = fault.kind == "refuse_attendees"
        if fault.kind == "accept_duplicate":
            self.call.may_overwrite = not calendar_api.stood_on_arrival(self.world, self.call)

    def with_fault(self, fault: Fault) -> Response:
        if fault.waits_first:
            _pause(self.world, fault.seconds)
        if fault.when == "before" and fault.kind in ("status", "drop", "silence"):
            return self._spoilt(fault)
        response = self.carry_out()
        if fault.kind in ("status", "drop", "silence", "late"):
            return self._spoilt(fault)
        if fault.kind == "delay" and fault.when == "after":
            _pause(self.world, fault.seconds)
        return response

    def _spoilt(self, fault: Fault) -> Response:
        """What the client gets instead of the operation's answer."""
        if fault.kind == "silence":
            _keep_silent(self.world, self.connection, fault)
        if fault.kind != "status":
            raise HangUp
        return _planned_answer(fault, self.route, self.world.settings.echo)


def _planned_answer(fault: Fault, route: Route, echo: list[str]) -> Response:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.body is None:
        return route.error(fault.status, fault.reason, fault.message, headers).response(echo)
    text = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
    return Response(fault.status, text.encode(), fault.content_type, headers)


def _latency(world: World, operation: str) -> float:
    latency = world.settings.latency
    return latency.get(operation, latency.get("*", 0.0))


def _pause(world: World, seconds: float) -> None:
    if seconds > 0 and world.ended.wait(seconds):
        raise HangUp


def _keep_silent(world: World, connection: socket.socket, fault: Fault) -> None:
    """Waits until the client leaves, the world ends or a bound is reached."""
    until = time.monotonic() + (fault.seconds or _LONGEST_SILENCE_SECONDS)
    while time.monotonic() < until and not world.ended.wait(_LOOK_SECONDS):
        if _has_left(connection):
            return


def _has_left(connection: socket.socket) -> bool:
    """Whether the client has closed its side."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _note_refusal(world: World, entry: Entry, error: ApiError) -> None:
    refusal = {
        "sequence": entry.sequence,
        "operation": entry.operation,
        "target": entry.path,
        "reason": error.reason,
        "message": error.message,
    }
    with world.lock:
        world.refusals.append(refusal)


def _nowhere(world: World, request: Request) -> Reply:
    entry = world.journal.open("unknown", request)
    response = Response(404, b"Not Found", "text/plain; charset=UTF-8")
    error = ApiError(404, "notFound", f"nothing is at {request.method} {request.path}")
    _note_refusal(world, entry, error)
    return Reply(response, entry)
