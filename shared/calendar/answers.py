"""What Google Calendar's answers mean: the event, or what a caller can act on.

Reasons and statuses: https://developers.google.com/workspace/calendar/api/guides/errors
"""

import email.utils
import math
import time
from typing import Any

import httplib2

from shared import json_object
from shared.calendar.event import Event
from shared.errors import CalendarRejected, CalendarUnavailable, ServiceError

_RATE_REASONS = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
_QUOTA_RETRY_SECONDS = 3600.0
# Reasons of the errors guide; any other word of Google's stays out of the log.
_KNOWN_REASONS = _RATE_REASONS | {
    "quotaExceeded", "dailyLimitExceeded", "forbidden", "insufficientPermissions",
    "forbiddenForNonOrganizer", "accessNotConfigured", "notFound", "duplicate", "deleted",
    "conditionNotMet", "invalid", "required", "timeRangeEmpty", "authError", "backendError",
    "conflict", "internalError",
}  # fmt: skip


class Unanswered(CalendarUnavailable):
    """No usable answer. `may_have_effect`: a write may have taken effect, or still will.
    `in_flight`: even that the service is done with it is unknown."""

    def __init__(
        self, cause: str, *, may_have_effect: bool = False, in_flight: bool = False
    ) -> None:
        super().__init__(cause)
        self.may_have_effect = may_have_effect
        self.in_flight = in_flight


class Refused(CalendarRejected):
    """Google will not do it: nothing took effect. `about` is what it names as the cause, if
    that is something an event can do without: `conference` or `attendees`."""

    def __init__(self, cause: str, about: str | None = None) -> None:
        super().__init__(cause)
        self.about = about


class IdTaken(Exception):
    """An event, perhaps a deleted one, has this id already."""


class EtagMismatch(Exception):
    """The event has changed since it was read."""


class EventGone(Exception):
    """There is no such event, or it is deleted."""


def is_transient(error: ServiceError) -> bool:
    """Whether the same call may succeed within the same request."""
    return isinstance(error, Unanswered)


def read_answer(operation: str, response: httplib2.Response, content: bytes) -> Event:
    """What an operation answered: an event, a page of `list`, nothing for `delete`."""
    status = response.status
    if 200 <= status < 300:
        return _success(operation, content)
    reason, message = _reason(content)
    match operation, status:
        case (("get" | "patch" | "delete"), (404 | 410)):
            raise EventGone
        case (("patch" | "delete"), 412):
            raise EtagMismatch
        case "insert", 409 if reason == "duplicate":
            raise IdTaken
    cause = f"{operation}: {status} {reason if reason in _KNOWN_REASONS else ''}".rstrip()
    if reason in ("quotaExceeded", "dailyLimitExceeded"):
        raise CalendarUnavailable(cause, retry_after=_QUOTA_RETRY_SECONDS)
    if status in (408, 409, 429) or status >= 500 or reason in _RATE_REASONS:
        unanswered = Unanswered(cause, may_have_effect=status == 408 or status >= 500)
        unanswered.asked_to_wait = _retry_after(response)
        unanswered.retry_after = max(unanswered.retry_after or 0.0, unanswered.asked_to_wait)
        raise unanswered
    raise Refused(cause, about=_concession(message) if status == 400 else None)


def _success(operation: str, content: bytes) -> Event:
    if operation == "delete":
        return {}
    answer = json_object.parse(content)
    if answer is None or not (operation == "list" or _is_event(answer)):
        raise Unanswered(f"{operation}: unreadable answer", may_have_effect=True)
    return answer


def _is_event(answer: Event) -> bool:
    return isinstance(answer.get("id"), str) and isinstance(answer.get("etag"), str)


def _reason(content: bytes) -> tuple[str, str]:
    """Reason and message of an error in either of Google's forms, or empty texts."""
    error = (json_object.parse(content) or {}).get("error")
    if not isinstance(error, dict):
        return "", ""
    errors = error.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else {}
    reason = first.get("reason", "") if isinstance(first, dict) else ""
    return str(reason), str(error.get("message", ""))


def _concession(message: str) -> str | None:
    """What a 400 is about. Google tells it in words only: "Invalid conference type value.",
    "Invalid attendee email."."""
    lower = message.lower()
    if "conference" in lower:
        return "conference"
    return "attendees" if "attendee" in lower else None


def _retry_after(response: httplib2.Response) -> float:
    """Seconds a `Retry-After` header asks for, in either of its forms; 0 without one."""
    text = response.get("retry-after", "")
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except ValueError:
            return 0.0
    return max(seconds, 0.0) if math.isfinite(seconds) else 0.0


def objects(items: Any) -> list[Event]:
    """The items of an answer's list; raises Unanswered if it is not one of objects."""
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Unanswered("unreadable answer")
    return items
