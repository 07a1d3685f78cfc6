"""One structured line per request for Cloud Logging.

Code anywhere in the request adds to its `RequestLog`, which is printed once at the end.
It must contain nothing personal or secret: no e-mail address, token or learning focus, and
no text from Google or a document except ids.

Field names that are special to Cloud Logging:
https://docs.cloud.google.com/logging/docs/structured-logging
"""

import json
import logging
import re
import sys
import threading
import traceback
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from shared import clock
from shared.errors import InternalError, ServiceError

_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)


@dataclass
class RequestLog:
    """What is known about the request so far."""

    function: str
    started: float = field(default_factory=clock.monotonic)
    calls: dict[str, int] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    notices: dict[str, str] = field(default_factory=dict)


_counting = threading.Lock()  # a request's calls may be made by several threads
_current: ContextVar[RequestLog | None] = ContextVar("request_log", default=None)


def begin(function: str) -> RequestLog:
    """Starts a request's log, which the functions below add to."""
    request_log = RequestLog(function)
    _current.set(request_log)
    return request_log


def count(service: str) -> None:
    """Counts one call to a service."""
    if request_log := _current.get():
        with _counting:
            request_log.calls[service] = request_log.calls.get(service, 0) + 1


def note(**fields: Any) -> None:
    """Adds fields to the request's line."""
    if request_log := _current.get():
        request_log.fields.update(fields)


def note_trace(parent: str, project: str | None) -> None:
    """Links the line to the request's trace, which Cloud Run names in W3C's `traceparent`.
    Formats: https://docs.cloud.google.com/trace/docs/trace-context"""
    match = _TRACEPARENT.fullmatch(parent)
    if match and project:
        note(**{"logging.googleapis.com/trace": f"projects/{project}/traces/{match[1]}"})


def notice(code: str, severity: str = "ERROR") -> None:
    """Notes something that an operator should know but the caller is not told. The line of a
    success gets the highest severity of its notices, "ERROR" or "WARNING"."""
    if request_log := _current.get():
        request_log.notices.setdefault(code, severity)


def finish(request_log: RequestLog, status: int, failure: ServiceError | None) -> None:
    """Prints the request's line."""
    severity = min(request_log.notices.values(), default="INFO")  # ERROR before WARNING
    entry: dict[str, Any] = {"severity": severity, "message": "ok", "code": "ok"}
    if failure:
        message = f"{failure.code}: {failure.cause}"
        entry = {"severity": failure.severity, "message": message, "code": failure.code}
        entry["cause"] = failure.cause
        if isinstance(failure, InternalError) and failure.__cause__:
            entry["traceback"] = stack(failure.__cause__)
    entry |= {
        "status": status,
        "function": request_log.function,
        "durationMs": round((clock.monotonic() - request_log.started) * 1000, 1),
        "calls": dict(request_log.calls),  # a thread may still be counting
        **request_log.fields,
    }
    if request_log.notices:
        entry["notices"] = list(request_log.notices)
    # One write, so that lines do not interleave; not to `sys.stdout`, which the framework
    # may replace for each request.
    print(json.dumps(entry) + "\n", end="", file=sys.__stdout__, flush=True)


def stack(error: BaseException) -> str:
    """The tracebacks of an error and its causes, without their messages, which may quote a
    document or Google."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    told = f"Traceback (most recent call last):\n{frames}{type(error).__name__}"
    cause = error.__cause__ or error.__context__
    return f"{told}\ncaused by {stack(cause)}" if cause else told


# Google's libraries log error answers verbatim, which may hold personal data.
for _name in ("google", "urllib3"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)
