"""Planned faults: what is to go wrong with which of the coming requests."""

from dataclasses import dataclass
from typing import Any

from infra.local.wire import Request

_INSTEAD = ("status", "drop", "silence")
"""What comes in place of an answer, before or after the effect."""

_OF_THE_OPERATION = ("accept_duplicate", "refuse_attendees", "other_id")
"""What the operation itself plays."""

KINDS = (*_INSTEAD, "delay", "drip", "cut", *_OF_THE_OPERATION)


@dataclass
class Fault:
    """A plan for the next `times` requests (-1: all) of an operation ("*": of any).

    `skip` requests are let pass first; with `match` only requests count whose target or body
    contains that text. `when` tells whether an operation that is not answered takes effect
    ("after") or not ("before"). `seconds` pass before a delayed effect, and between two bytes that
    drip.
    """

    operation: str
    kind: str
    times: int = 1
    skip: int = 0
    match: str | None = None
    when: str = "before"
    seconds: float = 1.0
    status: int = 503
    reason: str = "backendError"
    message: str = "Backend Error"
    retry_after: str | int | None = None
    body: Any = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault '{self.kind}'; there are {', '.join(KINDS)}")
        if self.when not in ("before", "after"):
            raise ValueError("'when' is before or after")
        if self.kind == "refuse_attendees" and self.match is None:
            self.match = '"attendees"'

    @property
    def is_answered(self) -> bool:
        """Whether the client gets the operation's own answer."""
        return self.kind not in _INSTEAD

    @property
    def has_effect(self) -> bool:
        """Whether the operation takes effect all the same."""
        return self.is_answered or self.when == "after"

    def plays_for(self, operation: str, request: Request) -> bool:
        """Whether this request meets it, which is then counted."""
        if self.operation not in ("*", operation) or self.times == 0:
            return False
        text = request.target + request.body.decode("utf-8", "replace")
        if self.match and self.match not in text:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= self.times > 0
        return True
