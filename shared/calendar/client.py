"""Google Calendar v3: list, get, insert, patch, delete, each one call with its own deadline.

Requests are made by google-api-python-client, which checks them against the API's
discovery document, and sent by `BoundedHttp`; the client's own `execute` would add retries
without a deadline and log Google's words. Reads are repeated while time allows; a write
is sent once, since only the caller knows whether it may be repeated.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol, Self

import httplib2
from googleapiclient.discovery import build

from shared import log
from shared.calendar.answers import (
    EventGone,
    OtherEvent,
    Unanswered,
    is_transient,
    objects,
    read_answer,
)
from shared.calendar.event import Event
from shared.deadline import Deadline, retrying
from shared.google.bounded_http import AnswerLost, Exchange, NotSent, exchange
from shared.google.credentials import GoogleCredentials
from shared.once import once
from shared.settings import Settings

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
    "attendees,reminders,extendedProperties/private,transparency,guestsCanInviteOthers,"
    "guestsCanModify,guestsCanSeeOtherGuests"
)


class AccessTokens(Protocol):
    """Where access tokens come from; see `GoogleCredentials`."""

    def prepare(self, deadline: Deadline) -> None: ...
    def access_token(self, deadline: Deadline) -> str: ...
    def discard(self, access_token: str) -> None: ...


class GoogleCalendar:
    """The calendar `CALENDAR_ID`, for all threads of an instance.

    Every method raises, besides what it names, Unanswered, CalendarUnavailable (limits),
    Refused, OtherEvent (`get`, `insert`, `patch`), and what `GoogleCredentials.access_token`
    raises.
    """

    def __init__(
        self, settings: Settings, credentials: AccessTokens, exchange: Exchange = exchange
    ) -> None:
        self._calendar = {"calendarId": settings.calendar_id}
        self._time_zone = settings.time_zone.key
        self._credentials = credentials
        self._exchange = exchange
        base = settings.google_emulator_url
        self._service = once(lambda: _service(base))

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(settings, GoogleCredentials(settings))

    def prepare(self, deadline: Deadline) -> None:
        """Starts to fetch an access token, if there is none, without waiting for it."""
        self._credentials.prepare(deadline)

    def authorise(self, deadline: Deadline) -> None:
        """Waits for an access token, so that the next call is sent at once."""
        self._credentials.access_token(deadline)

    def events_between(self, start: datetime, end: datetime, deadline: Deadline) -> Iterator[Event]:
        """Every event that ends after `start` and starts before `end`, recurring ones
        expanded, in the order of their starts, reduced to what tells whether it takes a slot."""
        self.prepare(deadline)
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
            return _about(event_id, self._read(request, deadline), "get")
        except EventGone:
            return None

    def insert(self, event: Event, deadline: Deadline) -> Event:
        """Makes the event, under the id it names, and lets Google invite its guests. Raises
        IdTaken."""
        request = self._service().insert(
            **self._calendar,
            body=event,
            conferenceDataVersion=1,
            sendUpdates="all",
            fields=_EVENT_FIELDS,
        )
        return _about(event["id"], self._send(request, deadline), "insert")

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
        return _about(event["id"], self._send(request, deadline, etag=event["etag"]), "patch")

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
            yield from objects(page.get("items", []))
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
                response, content = self._exchange(
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
            return read_answer(operation, response, content)
        raise AssertionError("the second attempt returns or raises")


def _about(event_id: str, answer: Event, operation: str) -> Event:
    """The answer, if it is about the event that was asked for. Raises OtherEvent."""
    if answer["id"] != event_id:
        raise OtherEvent(operation, answer)
    return answer


def _service(emulator_url: str | None) -> Any:
    options = {"api_endpoint": f"{emulator_url}/calendar/v3/"} if emulator_url else None
    unused = httplib2.Http()  # `build` insists on one; requests are sent by BoundedHttp
    service = build("calendar", "v3", http=unused, client_options=options, cache_discovery=False)
    return service.events()
