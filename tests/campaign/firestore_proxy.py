"""Firestore with faults: forwards the product's gRPC calls to the emulator one by one."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import grpc
from google.cloud.firestore_v1.types import CommitRequest

_SERVICE = "/google.firestore.v1.Firestore/"
_STREAMS = {"RunQuery": "query", "BatchGetDocuments": "read"}
_SILENCE_SECONDS = 60.0
_UPSTREAM_SECONDS = 30.0

OnCall = Callable[[str, str], None]


@dataclass
class StoreFault:
    """What is to go wrong with the next `times` calls of an operation, after `skip` of them.

    refuse: `code` is answered and nothing done. lose: done, then `code` is answered. late: done
    `seconds` after the client has given up. silence: neither done nor answered. mute: done, and
    never answered. delay: done after `seconds`.
    """

    operation: str
    kind: str
    skip: int = 0
    times: int = 1
    seconds: float = 0.0
    code: str = "UNAVAILABLE"


@dataclass(frozen=True)
class ClassWrite:
    """A commit on a class: `operation` is claim, record, withdrawal, generation or failure.

    `token` and `expires_at` (seconds of the wall clock) are those of the claim it writes.
    """

    class_id: str
    operation: str
    token: str | None
    expires_at: float
    gives_up_claim: bool


@dataclass
class StoreCall:
    """A call of an instance; times are of the monotonic clock. `forwarded_at` is None if it never
    reached the emulator, `landed_at` if the emulator did not say that it is done."""

    operation: str
    started_at: float
    write: ClassWrite | None = None
    fault: str | None = None
    forwarded_at: float | None = None
    landed_at: float | None = None
    ended_at: float | None = None
    outcome: str = ""


@dataclass
class Line:
    """The calls of one instance and the faults planned for them."""

    on_call: OnCall = lambda _operation, _moment: None
    calls: list[StoreCall] = field(default_factory=list)
    faults: list[StoreFault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, operation: str) -> StoreFault | None:
        with self._lock:
            for fault in self.faults:
                if fault.operation != operation or fault.times == 0:
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                return fault
        return None

    @property
    def is_busy(self) -> bool:
        return any(call.ended_at is None for call in list(self.calls))


@contextmanager
def firestore_proxy(emulator: str, line_of_port: Callable[[int], Line | None]) -> Iterator[str]:
    """Yields the proxy's "host:port". `line_of_port` tells the instance by its client port."""
    with grpc.insecure_channel(emulator) as channel:
        server = grpc.server(
            ThreadPoolExecutor(256, "firestore-proxy"), [_Forwarder(channel, line_of_port)]
        )
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(0).wait()


class _Forwarder(grpc.GenericRpcHandler):  # type: ignore[misc]
    def __init__(self, channel: Any, line_of_port: Callable[[int], Line | None]) -> None:
        self._line_of_port = line_of_port
        self._commit = channel.unary_unary(f"{_SERVICE}Commit")
        self._streams = {name: channel.unary_stream(_SERVICE + name) for name in _STREAMS}

    def service(self, details: Any) -> Any:
        name = details.method.removeprefix(_SERVICE)
        if name == "Commit":
            return grpc.unary_unary_rpc_method_handler(self._serve_commit)
        if name in _STREAMS:
            return grpc.unary_stream_rpc_method_handler(
                lambda request, context: self._serve_stream(name, request, context)
            )
        return None

    def _serve_commit(self, request: bytes, context: Any) -> bytes:
        write = _class_write(request)
        call = StoreCall(write.operation if write else "commit", time.monotonic(), write)
        answer: bytes = self._serve(call, context, partial(self._commit, request))
        return answer

    def _serve_stream(self, name: str, request: bytes, context: Any) -> Iterator[bytes]:
        call = StoreCall(_STREAMS[name], time.monotonic())
        stream = self._streams[name]
        return iter(self._serve(call, context, lambda **options: list(stream(request, **options))))

    def _serve(self, call: StoreCall, context: Any, forward: Callable[..., Any]) -> Any:
        line = self._line_of_port(int(context.peer().rpartition(":")[2])) or Line()
        fault = line.take(call.operation)
        call.fault = fault.kind if fault else None
        line.calls.append(call)
        line.on_call(call.operation, "request")
        try:
            if fault:
                _play_before(fault, context)
            call.forwarded_at = time.monotonic()
            metadata = _metadata(context.invocation_metadata())
            answer = forward(timeout=_UPSTREAM_SECONDS, metadata=metadata)
            call.landed_at, call.outcome = time.monotonic(), "OK"
            line.on_call(call.operation, "answer")
            if fault:
                _play_after(fault, context)
            return answer
        except grpc.RpcError as error:
            call.outcome = error.code().name
            return context.abort(error.code(), error.details())
        finally:
            call.ended_at = time.monotonic()


def _play_before(fault: StoreFault, context: Any) -> None:
    match fault.kind:
        case "refuse":
            _abort(fault, context)
        case "silence":
            _until_left(context)
            _abort(fault, context)
        case "late":
            _until_left(context)
            time.sleep(fault.seconds)
        case "delay":
            time.sleep(fault.seconds)


def _play_after(fault: StoreFault, context: Any) -> None:
    if fault.kind == "mute":
        _until_left(context)
    if fault.kind in ("mute", "lose"):
        _abort(fault, context)


def _abort(fault: StoreFault, context: Any) -> None:
    """Raises."""
    context.abort(grpc.StatusCode[fault.code], "planned fault")


def _until_left(context: Any) -> None:
    """Waits until the client has given up."""
    left = threading.Event()
    if context.add_callback(left.set):
        left.wait(_SILENCE_SECONDS)


def _metadata(metadata: Any) -> list[tuple[str, str]]:
    """What the client said of its call, without what gRPC says for itself."""
    own = ("user-agent", "grpc-accept-encoding")
    return [(key, value) for key, value in metadata if key not in own]


def _class_write(request: bytes) -> ClassWrite | None:
    writes = CommitRequest.pb().FromString(request).writes
    if len(writes) != 1 or not writes[0].update.name:
        return None
    [write] = writes
    fields = set(write.update_mask.field_paths)
    claim = write.update.fields["calendarClaim"].map_value.fields
    token = claim["token"].string_value or None
    expires_at = claim["expiresAt"].timestamp_value
    return ClassWrite(
        class_id=write.update.name.rpartition("/")[2],
        operation="claim" if token else _outcome(fields),
        token=token,
        expires_at=expires_at.seconds + expires_at.nanos / 1e9,
        gives_up_claim="calendarClaim" in fields and token is None,
    )


def _outcome(fields: set[str]) -> str:
    """What a claim's holder writes, by the fields it sets or removes."""
    if "calendarGeneration" in fields:
        return "generation"
    if "status" in fields:
        return "record"
    return "withdrawal" if "googleEventId" in fields else "failure"
