"""Planned faults: what is to go wrong with which of the coming requests."""

import threading
from dataclasses import dataclass, field
from typing import Any

from infra.local.wire import Request

_INSTEAD = ("status", "drop", "silence")
"""What comes in place of an answer, before or after the effect."""

_OF_THE_OPERATION = ("accept_duplicate", "refuse_attendees", "other_id")
"""What the operation itself plays."""

KINDS = (*_INSTEAD, "late", "delay", "drip", "cut", *_OF_THE_OPERATION)


@dataclass
class Fault:
    """A plan for the next `times` requests (-1: all) of an operation ("*": of any).

    `skip` requests are let pass first; with `match` only requests count whose target or body
    contains that text. `when` tells whether the operation takes effect ("after") or not ("before")
    where the kind leaves that open.
    """

    operation: str
    kind: str
    times: int = 1
    skip: int = 0
    match: str | None = None
    when: str = "before"
    seconds: float = 0.0
    interval: float = 1.0
    status: int = 503
    reason: str = "backendError"
    message: str = "Backend Error"
    retry_after: str | int | None = None
    body: Any = None
    content_type: str = "application/json; charset=UTF-8"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault '{self.kind}'; there are {', '.join(KINDS)}")
        if self.when not in ("before", "after"):
            raise ValueError("'when' is before or after")
        if self.kind == "accept_duplicate" and self.operation != "insert":
            raise ValueError("accept_duplicate is a fault of insert")
        if self.kind == "refuse_attendees" and self.match is None:
            self.match = '"attendees"'

    @property
    def waits_first(self) -> bool:
        """Whether `seconds` pass before the operation takes effect."""
        is_delay = self.kind == "delay" and self.when == "before"
        return is_delay or self.kind in ("late", "accept_duplicate")

    @property
    def has_effect(self) -> bool:
        """Whether the operation takes effect all the same."""
        return self.kind not in _INSTEAD or self.when == "after"

    @property
    def is_answered(self) -> bool:
        """Whether the client gets the operation's own answer."""
        return self.kind not in (*_INSTEAD, "late")

    def concerns(self, operation: str, request: Request) -> bool:
        if self.operation not in ("*", operation) or self.times == 0:
            return False
        if self.match is None:
            return True
        return self.match in request.target or self.match.encode() in request.body


@dataclass
class FaultPlan:
    """The planned faults in the order they were planned; the first that concerns is played."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _faults: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def take(self, operation: str, request: Request) -> Fault | None:
        """The fault that this request meets."""
        with self._lock:
            for fault in self._faults:
                if not fault.concerns(operation, request):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= fault.times > 0
                return fault
        return None

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
