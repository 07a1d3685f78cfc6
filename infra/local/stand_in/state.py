"""What a stand-in holds from one reset to the next."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from infra.local.stand_in.errors import ApiError
from infra.local.stand_in.faults import Fault
from infra.local.stand_in.journal import JournalEntry
from infra.local.wire import Request

_KEPT_REQUESTS = 200_000


@dataclass(frozen=True)
class StandInSettings:
    """How it behaves, changeable while it runs: `latency` is in seconds by operation ("*": of all
    others), the texts of `echo` are appended to every error message."""

    latency: dict[str, float] = field(default_factory=dict)
    echo: list[str] = field(default_factory=list)


class StandInState:
    """Operations and control get it locked. The faults are in the order they were planned, the
    requests in that of their arrival. Every moment is `clock()`, in seconds."""

    new_settings: ClassVar[type[StandInSettings]] = StandInSettings

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.ended = threading.Event()
        self.reset()

    def reset(self) -> None:
        """Forgets everything. What came before and still waits sees its `ended` set: it gives up,
        and late effects no longer reach anybody."""
        self.ended.set()
        self.ended = threading.Event()
        self.faults: list[Fault] = []
        self.requests: deque[JournalEntry] = deque(maxlen=_KEPT_REQUESTS)
        self.refusals: list[dict[str, Any]] = []
        self.settings = self.new_settings()

    def change_settings(self, values: dict[str, Any]) -> StandInSettings:
        """Raises TypeError for an unknown setting."""
        self.settings = replace(self.settings, **values)
        return self.settings

    def note(self, operation: str, request: Request) -> JournalEntry:
        with self.lock:
            entry = JournalEntry(operation, request, self.clock())
            self.requests.append(entry)
            return entry

    def note_refusal(self, entry: JournalEntry, error: ApiError) -> None:
        """Keeps what the service's own description, or the stand-in, does not know."""
        refusal = {
            "operation": entry.operation,
            "target": entry.request.path,
            "reason": error.reason,
            "message": error.message,
        }
        with self.lock:
            self.refusals.append(refusal)

    def fault_for(self, operation: str, request: Request) -> Fault | None:
        """The first planned fault that concerns the request."""
        with self.lock:
            met = (each for each in self.faults if each.plays_for(operation, request))
            return next(met, None)

    def latency_of(self, operation: str) -> float:
        latency = self.settings.latency
        return latency.get(operation, latency.get("*", 0.0))
