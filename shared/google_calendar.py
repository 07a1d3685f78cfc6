"""Google Calendar v3: list, get, insert, patch, delete, each one call with its own deadline.

Requests are made by google-api-python-client, which checks them against the API's
discovery document, and sent by `BoundedHttp`; the client's own `execute` would add retries
without a deadline and log Google's words. Answers are translated here, once, into what a
caller can act on. Reads are repeated while time allows; a write is sent once, since only
the caller knows whether it may be repeated.
"""

import email.utils
import math
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httplib2
from googleapiclient.discovery import build

from shared import json_object, log
from shared.bounded_http import AnswerLost, NotSent, thread_http
from shared.deadline import Deadline, retrying
from shared.errors import (
    CalendarRejected,
    CalendarUnavailable,
    ServiceError,
)
from shared.google_credentials import GoogleCredentials
from shared.once import once
from shared.settings import Settings

Event = dict[str, Any]
"""An event as the API's discovery document describes the schema `Event`."""

LARGEST_PAGE = 2500
_MOST_PAGES = 500
_LIST_FIELDS = (
    "items(start(date,dateTime),end(date,dateTime),status,transparency,eventType,"
    "attendees(self,responseStatus)),nextPageToken"
)
_MARKED_FIELDS = (
    "items(id,status,start,end,extendedProperties/private,recurringEventId),nextPageToken"
)
_EVENT_FIELDS = (
    "id,etag,status,htmlLink,hangoutLink,conferenceData,start,end,summary,description,"
    "attendees(email,organizer,self,resource,responseStatus),reminders,"
    "extendedProperties/private,transparency,guestsCanInviteOthers,guestsCanModify"
)
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


class GoogleCalendar:
    """The calendar `CALENDAR_ID`, for all threads of an instance.

    Every method raises, besides what it names, Unanswered, CalendarUnavailable (limits),
    Refused, and what `GoogleCredentials.access_token` raises.
    """

    def __init__(self, settings: Settings, credentials: GoogleCredentials) -> None:
        self._calendar = {"calendarId": settings.calendar_id}
        self._time_zone = settings.time_zone.key
        self._credentials = credentials
        base = settings.google_emulator_url
        self._service = once(lambda: _service(base))

    def events_between(self, start: datetime, end: datetime, deadline: Deadline) -> Iterator[Event]:
        """Every event that ends after `start` and starts before `end`, recurring ones
        expanded, in the order of their starts, reduced to what tells whether it takes a slot."""
        return self._items(
            deadline,
            timeMin=start.isoformat(timespec="seconds"),
            timeMax=end.isoformat(timespec="seconds"),
            timeZone=self._time_zone,
            singleEvents=True,
            orderBy="startTime",
            maxAttendees=1,  # then only the calendar's owner is in the answer
            fields=_LIST_FIELDS,
        )

    def marked(self, mark: str, since: datetime, deadline: Deadline) -> Iterator[Event]:
        """Every live event with the private property `mark` ("name=value") that ends after
        `since`, reduced to whose it is and when. A series is one event; its exceptions come
        besides, cancelled ones too (`recurringEventId`)."""
        return self._items(
            deadline,
            privateExtendedProperty=mark,
            timeMin=since.isoformat(timespec="seconds"),
            showDeleted=False,
            fields=_MARKED_FIELDS,
        )

    def get(self, event_id: str, deadline: Deadline) -> Event | None:
        """The event, also a deleted one (`status: cancelled`); None if the calendar has none."""
        request = self._service().get(**self._calendar, eventId=event_id, fields=_EVENT_FIELDS)
        try:
            return self._read(request, deadline)
        except EventGone:
            return None

    def insert(self, event: Event, deadline: Deadline) -> Event:
        """Makes the event and lets Google invite its guests. Raises IdTaken."""
        request = self._service().insert(
            **self._calendar,
            body=event,
            conferenceDataVersion=1,
            sendUpdates="all",
            fields=_EVENT_FIELDS,
        )
        return self._send(request, deadline)

    def patch(self, event: Event, changes: Event, notify: bool, deadline: Deadline) -> Event:
        """Applies `changes` if the event still is as it was read; `notify` mails its guests.
        Raises EtagMismatch, EventGone."""
        request = self._service().patch(
            **self._calendar,
            eventId=event["id"],
            body=changes,
            conferenceDataVersion=1,
            sendUpdates="all" if notify else "none",
            fields=_EVENT_FIELDS,
        )
        return self._send(request, deadline, etag=event["etag"])

    def delete(self, event: Event, deadline: Deadline) -> None:
        """Deletes the event if it still is as it was read, and lets Google tell its guests.
        Raises EtagMismatch, EventGone."""
        request = self._service().delete(**self._calendar, eventId=event["id"], sendUpdates="all")
        self._send(request, deadline, etag=event["etag"])

    def _items(self, deadline: Deadline, **parameters: Any) -> Iterator[Event]:
        page_token = None
        for _ in range(_MOST_PAGES):
            request = self._service().list(
                **self._calendar, **parameters, maxResults=LARGEST_PAGE, pageToken=page_token
            )
            page = self._read(request, deadline)
            yield from _objects(page.get("items", []))
            previous, page_token = page_token, page.get("nextPageToken")
            if not page_token:
                return
            if page_token == previous:
                break
        raise Unanswered("list: its pages do not end")

    def _read(self, request: Any, deadline: Deadline) -> Event:
        return retrying(lambda attempt: self._send(request, attempt), deadline, is_transient)

    def _send(self, request: Any, deadline: Deadline, etag: str | None = None) -> Event:
        """Sends a request once, or twice if the first access token was not accepted."""
        for may_renew in (True, False):
            token = self._credentials.access_token(deadline)
            headers = {**request.headers, "authorization": f"Bearer {token}"}
            if etag is not None:
                headers["if-match"] = etag
            log.count("calendar")
            operation = request.methodId.rpartition(".")[2]
            try:
                response, content = thread_http().exchange(
                    deadline, request.uri, request.method, request.body, headers
                )
            except NotSent as error:
                raise Unanswered(f"{operation}: no connection ({error})") from error
            except AnswerLost as error:
                raise Unanswered(
                    f"{operation}: no answer ({error})", may_have_effect=True, in_flight=True
                ) from error
            if response.status == 401 and may_renew:
                self._credentials.discard(token)
                continue
            return _answer(operation, response, content)
        raise AssertionError("the second attempt returns or raises")


def is_transient(error: ServiceError) -> bool:
    """Whether the same call may succeed within the same request."""
    return isinstance(error, Unanswered)


def _service(emulator_url: str | None) -> Any:
    options = {"api_endpoint": f"{emulator_url}/calendar/v3/"} if emulator_url else None
    unused = httplib2.Http()  # `build` insists on one; requests are sent by BoundedHttp
    service = build("calendar", "v3", http=unused, client_options=options, cache_discovery=False)
    return service.events()


def _answer(operation: str, response: httplib2.Response, content: bytes) -> Event:
    status = response.status
    if status == 204:
        return {}
    if 200 <= status < 300:
        answer = json_object.parse(content)
        if answer is None or not (operation == "list" or _is_event(answer)):
            raise Unanswered(f"{operation}: unreadable answer", may_have_effect=True)
        return answer
    reason, message = _reason(content)
    cause = f"{operation}: {status} {reason if reason in _KNOWN_REASONS else ''}".rstrip()
    if status in (404, 410) and operation in ("get", "patch", "delete"):
        raise EventGone
    if status == 412:
        raise EtagMismatch
    if status == 409 and reason == "duplicate":
        raise IdTaken
    if reason in ("quotaExceeded", "dailyLimitExceeded"):
        raise CalendarUnavailable(cause, retry_after=_QUOTA_RETRY_SECONDS)
    if status in (408, 409, 429) or status >= 500 or reason in _RATE_REASONS:
        unanswered = Unanswered(cause, may_have_effect=status == 408 or status >= 500)
        unanswered.asked_to_wait = _retry_after(response)
        unanswered.retry_after = max(unanswered.retry_after or 0.0, unanswered.asked_to_wait)
        raise unanswered
    raise Refused(cause, about=_concession(message) if status == 400 else None)


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


def _objects(items: Any) -> list[Event]:
    """The items of an answer's list; raises Unanswered if it is not one of objects."""
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Unanswered("unreadable answer")
    return items
