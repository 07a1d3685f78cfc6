"""Parses an error answer from Google."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from shared import json_object
from shared.google.bounded_http import Answer


@dataclass(frozen=True)
class ErrorAnswer:
    """`wait_seconds` is how long Google asks us to wait; 0 if it names no number of seconds."""

    status: int
    reason: str
    message: str
    wait_seconds: float

    @classmethod
    def read(cls, answer: Answer) -> Self:
        """Missing or unreadable fields are empty."""
        error = json_object.part(json_object.parse(answer.data) or {}, "error")
        wait = answer.headers.get("retry-after", "")
        seconds = float(wait) if re.fullmatch(r"\d{1,6}", wait, re.ASCII) else 0.0
        return cls(answer.status, _reason(error), str(error.get("message", "")), seconds)

    @property
    def about(self) -> str | None:
        """What a 400 is about, if an event can do without it: `conference` or `attendees`.
        Only Google's message tells: "Invalid conference type value.", "Invalid attendee
        email."."""
        words = self.message.lower()
        if "conference" in words:
            return "conference"
        return "attendees" if "attendee" in words else None


def _reason(error: Mapping[str, Any]) -> str:
    errors = error.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else {}
    return str(first.get("reason", "")) if isinstance(first, dict) else ""
