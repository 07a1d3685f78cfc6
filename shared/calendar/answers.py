"""What Google Calendar's answers mean: the event, or an exception that a caller can act on.

Statuses and reasons: https://developers.google.com/workspace/calendar/api/guides/errors
"""

import re

from shared import json_object
from shared.calendar.event import Event
from shared.errors import CalendarRejected, CalendarUnavailable
from shared.google.bounded_http import Answer

_QUOTA_RETRY_SECONDS = 3600.0
# Only these are logged: any other text from Google may be personal.
_KNOWN_REASONS = frozenset({
    "rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded",
    "forbidden", "insufficientPermissions", "forbiddenForNonOrganizer", "accessNotConfigured",
    "notFound", "duplicate", "deleted", "conditionNotMet", "invalid", "required",
    "timeRangeEmpty", "authError", "backendError", "conflict", "internalError",
})  # fmt: skip


class Unanswered(CalendarUnavailable):
    """No usable answer; a retry may bring one. `may_have_effect`: a write may have taken effect,
    or still may. `in_flight`: Google may still be working on it."""

    def __init__(
        self,
        cause: str,
        *,
        may_have_effect: bool = False,
        in_flight: bool = False,
        asked_to_wait: float = 0.0,
    ) -> None:
        super().__init__(cause)
        self.may_have_effect = may_have_effect
        self.in_flight = in_flight
        self.asked_to_wait = asked_to_wait
        self.retry_after = max(self.retry_after or 0.0, asked_to_wait)


class Refused(CalendarRejected):
    """Google refuses, and nothing took effect. `about` is the cause it names, if an event can do
    without that: `conference` or `attendees`."""

    def __init__(self, cause: str, about: str | None = None) -> None:
        super().__init__(cause)
        self.about = about


class OtherEvent(CalendarRejected):
    """The answer is about `event` and not the one requested: this Calendar ignores ids, so
    each retry could make another event. Any other write may have changed the right one, too."""

    def __init__(self, operation: str, event: Event) -> None:
        super().__init__(f"{operation}: the answer is about another event")
        self.event = event
        self.may_have_effect = operation != "insert"


class ReadAgain(Exception):
    """The event has to be read before it is written again."""


class IdTaken(ReadAgain):
    """An event, perhaps a deleted one, already has this id: perhaps by an earlier write."""

    may_have_effect = True


class EtagMismatch(ReadAgain):
    """The event has changed since it was read."""


class EventGone(ReadAgain):
    """The event does not exist or is deleted."""


def read_answer(operation: str, answer: Answer) -> Event:
    """An operation's result: an event, a page of `list` with its `items`, nothing for `delete`.
    Raises the exceptions above, and CalendarUnavailable if a quota is used up."""
    if not 200 <= answer.status < 300:
        raise _meaning(operation, answer)
    if operation == "delete" and not answer.data:
        return {}
    told = json_object.parse(answer.data)
    if told is None or not _is_readable(operation, told):
        raise Unanswered(f"{operation}: unreadable answer", may_have_effect=True)
    return told


def _meaning(operation: str, answer: Answer) -> Exception:
    """The meaning of an error answer: the first row that matches."""
    status, error = answer.status, json_object.part(json_object.parse(answer.data) or {}, "error")
    reason = _reason(error.get("errors"))
    cause = f"{operation}: {status} {reason}".rstrip()
    asked = answer.headers.get("retry-after", "")
    wait = float(asked) if re.fullmatch(r"\d{1,6}", asked, re.ASCII) else 0.0  # seconds, not a date
    match operation, status, reason:
        case "get" | "patch" | "delete", 404 | 410, _:
            return EventGone()
        case "patch" | "delete", 412, _:
            return EtagMismatch()
        case "insert", 409, "duplicate":
            return IdTaken()
        case _ if status == 408 or status >= 500:
            return Unanswered(cause, may_have_effect=True, asked_to_wait=wait)
        case _, _, "quotaExceeded" | "dailyLimitExceeded":
            return CalendarUnavailable(cause, retry_after=_QUOTA_RETRY_SECONDS)
        case (_, 409 | 429, _) | (_, _, "rateLimitExceeded" | "userRateLimitExceeded"):
            return Unanswered(cause, asked_to_wait=wait)
        case _, 400, _:
            return Refused(cause, about=_about(str(error.get("message", ""))))
        case _:
            return Refused(cause)


def _reason(errors: object) -> str:
    """The reason of the first of an answer's `errors`; empty if missing or unknown."""
    match errors:
        case [{"reason": str(reason)}, *_] if reason in _KNOWN_REASONS:
            return reason
    return ""


def _about(message: str) -> str | None:
    """Only Google's message tells: "Invalid conference type value.", "Invalid attendee email."."""
    words = message.lower()
    if "conference" in words:
        return "conference"
    return "attendees" if "attendee" in words else None


def _is_readable(operation: str, answer: Event) -> bool:
    """Whether it is an event or, for `list`, a part of a calendar: anything else without `items`
    would look like an empty one."""
    if operation != "list":
        return isinstance(answer.get("id"), str) and isinstance(answer.get("etag"), str)
    items = answer.setdefault("items", [])
    is_page = answer.get("kind") == "calendar#events" and isinstance(items, list)
    return is_page and all(isinstance(each, dict) for each in items)
