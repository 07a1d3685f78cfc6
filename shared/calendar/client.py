"""The calendar's events: list, get, insert, patch, delete."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Self

from shared.calendar.answers import EventGone, OtherEvent, Unanswered
from shared.calendar.connection import AccessTokens, Connection
from shared.calendar.event import Event
from shared.deadline import Deadline
from shared.google.bounded_http import Exchange, exchange
from shared.google.credentials import GoogleCredentials
from shared.settings import Settings

LARGEST_PAGE = 2500
_MOST_PAGES = 500
_LIST_FIELDS = (
    "kind,items(start(date,dateTime),end(date,dateTime),status,transparency,eventType,"
    "attendees(self,responseStatus),id,iCalUID),nextPageToken"
)
_MARKED_FIELDS = (
    "kind,items(id,iCalUID,status,start,end,extendedProperties/private,recurringEventId),"
    "nextPageToken"
)
_EVENT_FIELDS = (
    "id,etag,status,htmlLink,hangoutLink,conferenceData,start,end,summary,description,"
    "attendees,reminders,extendedProperties/private,transparency,guestsCanInviteOthers,"
    "guestsCanModify,guestsCanSeeOtherGuests"
)
_WITH_CONFERENCE: Any = {"conferenceDataVersion": 1, "fields": _EVENT_FIELDS}


class GoogleCalendar:
    """The calendar `CALENDAR_ID`; safe for all threads of an instance.

    Besides what it documents, every method raises Unanswered, CalendarUnavailable (limits),
    Refused, OtherEvent (`get`, `insert`, `patch`), and what `GoogleCredentials.access_token`
    raises.
    """

    def __init__(
        self, settings: Settings, credentials: AccessTokens, exchange: Exchange = exchange
    ) -> None:
        self._calendar = {"calendarId": settings.calendar_id}
        self._time_zone = settings.time_zone.key
        self._google = Connection(settings, credentials, exchange)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(settings, GoogleCredentials(settings))

    def prepare(self, deadline: Deadline) -> None:
        """Starts fetching an access token if there is none, without waiting for it."""
        self._google.credentials.prepare(deadline)

    def authorise(self, deadline: Deadline) -> None:
        """Waits for an access token, so that the next call is sent immediately."""
        self._google.credentials.access_token(deadline)

    def events_between(
        self, calendar_id: str, start: datetime, end: datetime, deadline: Deadline
    ) -> Iterator[Event]:
        """Every event of a calendar that ends after `start` and starts before `end`, recurring
        ones expanded, ordered by start, with only its ids and the fields that tell whether it
        takes a slot."""
        return self._items(
            deadline,
            calendarId=calendar_id,
            timeMin=start.isoformat(timespec="seconds"),
            timeMax=end.isoformat(timespec="seconds"),
            timeZone=self._time_zone,
            singleEvents=True,
            orderBy="startTime",
            maxAttendees=1,  # returns only the calendar's owner
            fields=_LIST_FIELDS,
        )

    def marked(self, mark: str, since: datetime, deadline: Deadline) -> Iterator[Event]:
        """Every live event with the private property `mark` ("name=value") that ends after
        `since`, with only its owner and times. A series is one event; its exceptions, even
        cancelled ones, are separate (`recurringEventId`)."""
        return self._items(
            deadline,
            privateExtendedProperty=mark,
            timeMin=since.isoformat(timespec="seconds"),
            showDeleted=False,
            fields=_MARKED_FIELDS,
        )

    def get(self, event_id: str, deadline: Deadline) -> Event | None:
        """The event, even if deleted (`status: cancelled`); None if there is none."""
        request = self._request("get", eventId=event_id, fields=_EVENT_FIELDS)
        try:
            return _about(event_id, self._google.read(request, deadline), "get")
        except EventGone:
            return None

    def insert(self, event: Event, deadline: Deadline) -> Event:
        """Creates the event under its `id` and has Google invite its guests. Raises IdTaken."""
        request = self._request("insert", body=event, sendUpdates="all", **_WITH_CONFERENCE)
        return _about(event["id"], self._google.send(request, deadline), "insert")

    def patch(self, event: Event, changes: Event, notify: bool, deadline: Deadline) -> Event:
        """Applies `changes` if the event is still as it was read; `notify` mails its guests.
        Raises EtagMismatch, EventGone."""
        send_updates = "all" if notify else "none"
        request = self._request(
            "patch", eventId=event["id"], body=changes, sendUpdates=send_updates, **_WITH_CONFERENCE
        )
        answer = self._google.send(request, deadline, etag=event["etag"])
        return _about(event["id"], answer, "patch")

    def delete(self, event: Event, deadline: Deadline) -> None:
        """Deletes the event if it is still as it was read, and has Google notify its guests.
        Raises EtagMismatch, EventGone."""
        request = self._request("delete", eventId=event["id"], sendUpdates="all")
        self._google.send(request, deadline, etag=event["etag"])

    def _request(self, operation: str, **parameters: Any) -> Any:
        return getattr(self._google.events(), operation)(**{**self._calendar, **parameters})

    def _items(self, deadline: Deadline, **parameters: Any) -> Iterator[Event]:
        page_token = None
        for _ in range(_MOST_PAGES):
            request = self._request(
                "list", **parameters, maxResults=LARGEST_PAGE, pageToken=page_token
            )
            page = self._google.read(request, deadline)
            yield from page["items"]
            previous, page_token = page_token, page.get("nextPageToken")
            if not page_token:
                return
            if page_token == previous:
                break
        raise Unanswered("list: its pages do not end")


def _about(event_id: str, answer: Event, operation: str) -> Event:
    """The answer, if it is about the requested event. Raises OtherEvent."""
    if answer["id"] != event_id:
        raise OtherEvent(operation, answer)
    return answer
