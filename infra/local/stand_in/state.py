"""What a stand-in holds from one reset to the next."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from infra.local.stand_in.errors import ApiError
from infra.local.stand_in.faults import FaultPlan
from infra.local.stand_in.journal import Journal, JournalEntry


@dataclass(frozen=True)
class StandInSettings:
    """How it behaves, changeable while it runs: `latency` is in seconds by operation ("*": of all
    others), the texts of `echo` are appended to every error message."""

    latency: dict[str, float] = field(default_factory=dict)
    echo: list[str] = field(default_factory=list)

    def changed(self, values: dict[str, Any]) -> Self:
        """A copy with some values replaced. Raises TypeError for an unknown one."""
        return replace(self, **values)


class StandInState:
    """Whoever reads or changes it holds `lock`. `ended` is set once a reset has put a new state in
    its place: what still waits for this one gives up, and late effects no longer reach anybody.

    Every moment is `clock()`, in seconds.
    """

    new_settings: ClassVar[type[StandInSettings]] = StandInSettings

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.ended = threading.Event()
        self.journal = Journal(clock)
        self.faults = FaultPlan()
        self.refusals: list[dict[str, Any]] = []
        self.settings = self.new_settings()

    def change_settings(self, values: dict[str, Any]) -> None:
        """Raises TypeError for an unknown setting."""
        self.settings = self.settings.changed(values)

    def note_refusal(self, entry: JournalEntry, error: ApiError) -> None:
        """Keeps what the service's own description, or the stand-in, does not know."""
        refusal = {
            "sequence": entry.sequence,
            "operation": entry.operation,
            "target": entry.request.path,
            "reason": error.reason,
            "message": error.message,
        }
        with self.lock:
            self.refusals.append(refusal)

    def latency_of(self, operation: str) -> float:
        latency = self.settings.latency
        return latency.get(operation, latency.get("*", 0.0))
