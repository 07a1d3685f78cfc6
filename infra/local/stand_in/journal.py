"""What reached the stand-in and what became of it."""

import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KEPT_REQUESTS = 200_000
_HIDDEN_HEADERS = ("authorization", "cookie")


@dataclass
class Entry:
    """One request. Times are seconds of the machine's monotonic clock (``time.monotonic``).

    ``status`` is None where nothing was answered; ``effect_at`` is when the operation was
    carried out, also where its answer was lost, and None if it was refused or never reached.
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

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=KEPT_REQUESTS))
    _counts: Counter[str] = field(default_factory=Counter)
    _sequence: int = 0

    def open(self, operation: str, method: str, path: str, **details: Any) -> Entry:
        details["headers"] = {
            name: value for name, value in details["headers"].items() if name not in _HIDDEN_HEADERS
        }
        with self._lock:
            self._sequence += 1
            now = time.monotonic()
            entry = Entry(self._sequence, operation, method, path, received_at=now, **details)
            self._entries.append(entry)
            self._counts[operation] += 1
        return entry

    def entries(self, after: int, operation: str | None) -> list[dict[str, Any]]:
        """As JSON: those after the one numbered ``after``, of all operations or of one."""
        with self._lock:
            return [
                dict(vars(entry))
                for entry in self._entries
                if entry.sequence > after and operation in (None, entry.operation)
            ]

    def counts(self) -> dict[str, int]:
        """Requests by operation, since the reset or the last ``clear``."""
        with self._lock:
            return dict(self._counts)

    def clear(self) -> None:
        """Forgets the requests; sequence numbers go on."""
        with self._lock:
            self._entries.clear()
            self._counts.clear()
