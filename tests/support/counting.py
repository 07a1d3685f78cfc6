"""A Firestore client that counts what it reads, as Firestore does for its bill."""

from collections.abc import Callable, Iterator
from typing import Any

import grpc
from google.cloud import firestore
from google.cloud.firestore_v1.types import BatchGetDocumentsResponse

_Messages = Iterator[Any]


class CountingClient(firestore.Client, grpc.UnaryStreamClientInterceptor):  # type: ignore[misc]
    """Of the emulator named in the environment. `reads` are the documents that came over the line,
    those that were asked for in vain, and one for each query that found nothing."""

    reads = 0

    def intercept_unary_stream(
        self, continuation: Callable[[Any, Any], _Messages], details: Any, request: Any
    ) -> _Messages:
        found = 0
        for message in continuation(details, request):
            found += isinstance(message, BatchGetDocumentsResponse) or "document" in message
            yield message
        self.reads += max(found, 1)

    def _emulator_channel(self, transport: Any) -> Any:
        channel = super()._emulator_channel(transport)  # type: ignore[no-untyped-call]
        return grpc.intercept_channel(channel, self)
