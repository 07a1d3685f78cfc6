"""Firestore as one instance meets it: its gRPC calls go on to the emulator one by one."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
from google.cloud import firestore
from google.cloud.firestore_v1._helpers import decode_value
from google.cloud.firestore_v1.types import CommitRequest

from tests.simulation.observations import Call
from tests.simulation.schedule import CallFault
from tests.simulation.store_line import class_write, written

_SERVICE = "/google.firestore.v1.Firestore/"
_READS = {"RunQuery": "query", "BatchGetDocuments": "read"}
_THREADS = 16
_PATIENCE_SECONDS = 30.0
_OWN_METADATA = ("user-agent", "grpc-accept-encoding")
"""What gRPC says for itself."""


class FirestoreProxy(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Serves at `address`, "host:port"; `calls` are those since `use`."""

    def __init__(self, emulator: str) -> None:
        self.deaths = 0
        """Of the instance: what it was just sending then does not go on."""
        self._channel = grpc.insecure_channel(emulator)
        self._server = grpc.server(ThreadPoolExecutor(_THREADS), [self])
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self.use(0, time.monotonic(), lambda _call, _moment: None)
        self._server.start()

    def use(
        self,
        instance: int,
        began_at: float,
        on_call: Callable[[Call, str], None],
        faults: Sequence[CallFault] = (),
    ) -> None:
        """From here on it is that instance of a schedule. `on_call` is told of each call that
        arrives ("request") and before it is answered ("answer"); `faults` are refuse and lose."""
        self.calls: list[Call] = []
        self.faults = faults
        self._instance, self._began_at, self._on_call = instance, began_at, on_call
        self._met: Counter[int] = Counter()

    def close(self) -> None:
        self._server.stop(0).wait()
        self._channel.close()

    def service(self, details: Any) -> Any:
        """Serves every method alike: what is answered once goes out like a stream of one."""

        def serve(request: bytes, context: Any) -> Iterator[bytes]:
            return iter(self._serve(details.method, request, context))

        return grpc.unary_stream_rpc_method_handler(serve)

    def _serve(self, method: str, request: bytes, context: Any) -> list[bytes]:
        now = time.monotonic() - self._began_at
        call = _call(method.removeprefix(_SERVICE), request, now)
        call.instance, call.sent_at, call.fault = self._instance, now, self._fault(call.operation)
        self.calls.append(call)
        deaths = self.deaths
        self._on_call(call, "request")
        try:
            if call.fault == "refuse" or self.deaths > deaths:
                context.abort(grpc.StatusCode.UNAVAILABLE, "planned fault")
            forwarded_at = time.monotonic() - self._began_at
            answer = self._forward(method, request, context)
            call.effect_at, call.outcome = forwarded_at, "OK"  # others may see it before we do
            self._on_call(call, "answer")
            if call.fault == "lose":
                context.abort(grpc.StatusCode.UNAVAILABLE, "planned fault")
            return answer
        except grpc.RpcError as error:
            call.outcome = error.code().name
            return context.abort(error.code(), error.details())  # type: ignore[no-any-return]
        finally:
            call.ended_at = time.monotonic() - self._began_at

    def _forward(self, method: str, request: bytes, context: Any) -> list[bytes]:
        told = context.invocation_metadata()
        metadata = [(key, value) for key, value in told if key not in _OWN_METADATA]
        forward = self._channel.unary_stream(method)
        return list(forward(request, timeout=_PATIENCE_SECONDS, metadata=metadata))

    def _fault(self, operation: str) -> str | None:
        """The kind of the fault that the next call of an operation meets."""
        for index, fault in enumerate(self.faults):
            if fault.operation == operation:
                self._met[index] += 1
                if fault.skip < self._met[index] <= fault.skip + fault.times:
                    return fault.kind
        return None


def _call(method: str, request: bytes, now: float) -> Call:
    if method != "Commit":
        return Call(_READS.get(method, method), "", delivery=-1)
    [write] = CommitRequest.pb().FromString(request).writes
    changes = dict.fromkeys(write.update_mask.field_paths, firestore.DELETE_FIELD)
    changes |= {name: decode_value(value, None) for name, value in write.update.fields.items()}
    epoch = datetime.now(UTC) - timedelta(seconds=now)
    class_id = write.update.name.rpartition("/")[2]
    return Call(written(changes), class_id, delivery=-1, write=class_write(changes, epoch))
