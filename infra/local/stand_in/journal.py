"""What reached a stand-in and what became of it."""

import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.local.wire import Request

KEPT_REQUESTS = 200_000
_HIDDEN_HEADERS = ("authorization", "cookie")


@dataclass
class JournalEntry:
    """One request. Times are seconds of the journal's clock.

    `status` is None where nothing was answered; `effect_at` is when the operation was carried out,
    also where its answer was lost, and None if it was refused or never reached.
    """

    sequence: int
    operation: str
    request: Request
    received_at: float
    finished_at: float | None = None
    status: int | None = None
    effect_at: float | None = None
    fault: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        request, told = self.request, vars(self).copy()
        del told["request"]
        return told | {
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": {
                name: value
                for name, value in request.headers.items()
                if name not in _HIDDEN_HEADERS
            },
            "body": _readable_body(request),
            "client": request.client,
        }


class Journal:
    """Every request in the order of arrival; the oldest go when there are very many."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._sequence = 0
        self._entries: deque[JournalEntry] = deque(maxlen=KEPT_REQUESTS)
        self._counts: Counter[str] = Counter()

    def open(self, operation: str, request: Request) -> JournalEntry:
        with self._lock:
            self._sequence += 1
            entry = JournalEntry(self._sequence, operation, request, self._clock())
            self._entries.append(entry)
            self._counts[operation] += 1
        return entry

    def entries(self, after: int = 0, operation: str | None = None) -> list[dict[str, Any]]:
        """As JSON: those after the one numbered `after`, of all operations or of one."""
        with self._lock:
            entries = list(self._entries)
        return [
            entry.as_json()
            for entry in entries
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
