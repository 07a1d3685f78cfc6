"""Parses an error answer from Google."""

import email.utils
import math
from dataclasses import dataclass
from typing import Any, Self

import httplib2

from shared import clock, json_object


@dataclass(frozen=True)
class ErrorAnswer:
    """`wait_seconds` is how long Google asks us to wait; 0 if it does not."""

    status: int
    reason: str
    message: str
    wait_seconds: float

    @classmethod
    def read(cls, response: httplib2.Response, content: bytes) -> Self:
        """Missing or unreadable fields are empty."""
        error = (json_object.parse(content) or {}).get("error")
        error = error if isinstance(error, dict) else {}
        wait = _seconds(response.get("retry-after", ""))
        return cls(response.status, _reason(error), str(error.get("message", "")), wait)

    @property
    def about(self) -> str | None:
        """What a 400 is about, if an event can do without it: `conference` or `attendees`.
        Only Google's message tells: "Invalid conference type value.", "Invalid attendee
        email."."""
        words = self.message.lower()
        if "conference" in words:
            return "conference"
        return "attendees" if "attendee" in words else None


def _reason(error: dict[str, Any]) -> str:
    errors = error.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else {}
    return str(first.get("reason", "")) if isinstance(first, dict) else ""


def _seconds(text: str) -> float:
    """The wait that a `Retry-After` header asks for, in seconds or as a date; 0 if neither."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (email.utils.parsedate_to_datetime(text) - clock.now()).total_seconds()
        except (ValueError, TypeError):  # not a date, or one without a zone
            return 0.0
    return max(seconds, 0.0) if math.isfinite(seconds) else 0.0
