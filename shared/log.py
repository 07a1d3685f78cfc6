"""One structured line per request for Cloud Logging.

The line is collected in the `RequestLog` of the current request, wherever in the flow
something is learned, and printed once at its end. Nothing that may be personal or
secret goes in: no e-mail address, token, learning focus, nor a word that came from
Google or a document other than the ids.

Field names with a meaning of their own to Cloud Logging:
https://docs.cloud.google.com/logging/docs/structured-logging
"""

import json
import logging
import re
import sys
import traceback
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import Headers

from shared import clock

_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)
_CLOUD_TRACE = re.compile(r"(?!0{32})([0-9a-fA-F]{32})(?:/\d+)?(?:;o=\d)?")


@dataclass
class RequestLog:
    """What is known of the request so far."""

    function: str
    started: float = field(default_factory=clock.monotonic)
    calls: Counter[str] = field(default_factory=Counter)
    fields: dict[str, Any] = field(default_factory=dict)
    notices: dict[str, str] = field(default_factory=dict)

    @property
    def is_worth_a_line(self) -> bool:
        """Whether it did more than answer; if not, it is in Cloud Run's own log of requests."""
        return bool(self.calls or self.notices)


_current: ContextVar[RequestLog | None] = ContextVar("request_log", default=None)


def begin(function: str) -> RequestLog:
    """Starts the log of a request; the functions below add to it from here on."""
    request_log = RequestLog(function)
    _current.set(request_log)
    return request_log


def count(service: str) -> None:
    """Counts one call to a service."""
    if request_log := _current.get():
        request_log.calls[service] += 1


def note(**fields: Any) -> None:
    """Adds fields to the request's line."""
    if request_log := _current.get():
        request_log.fields.update(fields)


def notice(code: str, severity: str = "ERROR") -> None:
    """Something the caller is not told and an operator should know; the line gets the highest
    severity of its notices, "ERROR" or "WARNING"."""
    if request_log := _current.get():
        request_log.notices.setdefault(code, severity)


def finish(request_log: RequestLog, severity: str, message: str, **fields: Any) -> None:
    """Prints the request's line."""
    entry: dict[str, Any] = {"severity": severity, "message": message}
    entry["function"] = request_log.function
    entry |= fields
    entry["durationMs"] = round((clock.monotonic() - request_log.started) * 1000, 1)
    entry["calls"] = dict(request_log.calls)  # a flight may still count
    if request_log.notices:
        entry["notices"] = list(request_log.notices)
    entry |= request_log.fields
    # In one piece, so that lines do not run into each other; and not to `sys.stdout`, in
    # whose place the framework may put something for each request.
    print(json.dumps(entry) + "\n", end="", file=sys.__stdout__, flush=True)


def note_trace(headers: Headers, project: str | None) -> None:
    """Joins the line to the trace the request belongs to: W3C's `traceparent` or, failing that,
    Google's own `X-Cloud-Trace-Context`, if well-formed.
    Forms: https://docs.cloud.google.com/trace/docs/trace-context"""
    for name, form in (("traceparent", _TRACEPARENT), ("X-Cloud-Trace-Context", _CLOUD_TRACE)):
        text = headers.get(name)
        if text and project and (match := form.fullmatch(text)):
            trace = f"projects/{project}/traces/{match[1].lower()}"
            note(**{"logging.googleapis.com/trace": trace})
            return


def stack(error: BaseException) -> str:
    """Where an error and what caused it were raised. Without their messages: those may quote
    a document or Google."""
    parts = []
    while True:
        frames = "".join(traceback.format_tb(error.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{frames}{type(error).__name__}")
        cause = error.__cause__ or error.__context__
        if cause is None:
            return "\ncaused by ".join(parts)
        error = cause


# Google's libraries log answers they dislike, word for word; the request's line says it all.
for _name in ("google", "googleapiclient", "urllib3"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)
