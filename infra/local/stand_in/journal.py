"""What reached a stand-in and what became of it."""

import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.local.wire import Request

KEPT_REQUESTS = 200_000
_HIDDEN_HEADERS = ("authorization", "cookie")


@dataclass
class Entry:
    """One request. Times are seconds of the journal's clock.

    `status` is None where nothing was answered; `effect_at` is when the operation was carried out,
    also where its answer was lost, and None if it was refused or never reached.
    """

    sequence: int
    operation: str
    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: Any
    client: str
    received_at: float
    finished_at: float | None = None
    status: int | None = None
    effect_at: float | None = None
    fault: Mapping[str, Any] | None = None


@dataclass
class Journal:
    """Every request in the order of arrival; the oldest go when there are very many."""

    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=KEPT_REQUESTS))
    _counts: Counter[str] = field(default_factory=Counter)
    _sequence: int = 0

    def open(self, operation: str, request: Request) -> Entry:
        shown = {
            name: value for name, value in request.headers.items() if name not in _HIDDEN_HEADERS
        }
        with self._lock:
            self._sequence += 1
            entry = Entry(
                sequence=self._sequence,
                operation=operation,
                method=request.method,
                path=request.path,
                query=request.query,
                headers=shown,
                body=_readable_body(request),
                client=request.client,
                received_at=self.clock(),
            )
            self._entries.append(entry)
            self._counts[operation] += 1
        return entry

    def entries(self, after: int = 0, operation: str | None = None) -> list[dict[str, Any]]:
        """As JSON: those after the one numbered `after`, of all operations or of one."""
        with self._lock:
            return [
                dict(vars(entry))
                for entry in self._entries
                if entry.sequence > after and operation in (None, entry.operation)
            ]

    def counts(self) -> dict[str, int]:
        """Requests by operation, since the reset or the last `clear`."""
        with self._lock:
            return dict(self._counts)

    def clear(self) -> None:
        """Forgets the requests; sequence numbers go on."""
        with self._lock:
            self._entries.clear()
            self._counts.clear()


def _readable_body(request: Request) -> Any:
    if not request.body:
        return None
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return request.form
    try:
        return json.loads(request.body)
    except ValueError:
        return request.body.decode("utf-8", "replace")
