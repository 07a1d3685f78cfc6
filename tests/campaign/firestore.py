"""Firestore as one instance meets it: its gRPC calls go on to the emulator one by one."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
from google.cloud import firestore
from google.cloud.firestore_v1._helpers import decode_value
from google.cloud.firestore_v1.types import CommitRequest

from tests.simulation.history import Call

EPOCH = datetime.now(UTC) - timedelta(seconds=time.monotonic())
"""When this machine's monotonic clock began."""

_READS = {"RunQuery": "query", "BatchGetDocuments": "read"}
_THREADS = 16
_PATIENCE_SECONDS = 30.0
_AS_OWNER = [("authorization", "Bearer owner")]
"""Whom the emulator's rules do not concern."""


class FirestoreProxy(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Serves at `address`, "host:port". `on_call` is told of each call that arrives ("request"; if
    it answers True the call is refused), that has had its effect ("effect"), and before it is
    answered ("answer"). Times are of the monotonic clock."""

    def __init__(self, emulator: str) -> None:
        self.on_call: Callable[[Call, str], bool] = lambda _call, _moment: False
        self._channel = grpc.insecure_channel(emulator)
        self._server = grpc.server(ThreadPoolExecutor(_THREADS), [self])
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def close(self) -> None:
        self._server.stop(0).wait()
        self._channel.close()

    def service(self, details: Any) -> Any:
        """Serves every method alike: what is answered once goes out like a stream of one."""

        def serve(request: bytes, context: Any) -> Iterator[bytes]:
            call, on_call = _call(details.method, request), self.on_call
            try:
                if on_call(call, "request"):
                    context.abort(grpc.StatusCode.UNAVAILABLE, "planned fault")
                forwarded_at = time.monotonic()  # others may see its effect before we do
                forward = self._channel.unary_stream(details.method)
                answer = list(forward(request, timeout=_PATIENCE_SECONDS, metadata=_AS_OWNER))
                call.effect_at, call.outcome = forwarded_at, "OK"
                on_call(call, "effect")
                on_call(call, "answer")
                yield from answer
            except grpc.RpcError as error:
                call.outcome = error.code().name
                context.abort(error.code(), error.details())
            finally:
                call.ended_at = time.monotonic()

        return grpc.unary_stream_rpc_method_handler(serve)


def _call(method: str, request: bytes) -> Call:
    kind = method.rpartition("/")[2]
    call = Call(_READS.get(kind, kind))
    if kind == "Commit":
        [write] = CommitRequest.pb().FromString(request).writes
        removed = dict.fromkeys(write.update_mask.field_paths, firestore.DELETE_FIELD)
        values = write.update.fields.items()
        changes = removed | {name: decode_value(value, None) for name, value in values}
        call = Call.commit(write.update.name.rpartition("/")[2], changes, EPOCH)
    call.sent_at = time.monotonic()
    return call
