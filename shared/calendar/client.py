"""The calendar's events: list, get, insert, patch, delete."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from shared.calendar.answers import EventGone, Unanswered
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
    Refused, OtherEvent, and what `GoogleCredentials.access_token` raises.
    """

    def __init__(
        self,
        settings: Settings,
        credentials: AccessTokens | None = None,
        exchange: Exchange = exchange,
    ) -> None:
        self.credentials = credentials or GoogleCredentials(settings)
        self._time_zone = settings.time_zone.key
        self._google = Connection(settings, self.credentials, exchange)

    def events_between(
        self, calendar_id: str, start: datetime, end: datetime, deadline: Deadline
    ) -> Iterator[Event]:
        """Every event of a calendar that ends after `start` and starts before `end`, recurring
        ones expanded, ordered by start, with only its ids and the fields that tell whether it
        takes a slot."""
        return self._items(
            deadline,
            calendar_id=calendar_id,
            timeMin=start.isoformat(timespec="seconds"),
            timeMax=end.isoformat(timespec="seconds"),
            timeZone=self._time_zone,
            singleEvents="true",
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
            fields=_MARKED_FIELDS,
        )

    def get(self, event_id: str, deadline: Deadline) -> Event | None:
        """The event, even if deleted (`status: cancelled`); None if there is none."""
        try:
            return self._google.read("get", deadline, event_id=event_id, fields=_EVENT_FIELDS)
        except EventGone:
            return None

    def insert(self, event: Event, deadline: Deadline) -> Event:
        """Creates the event under its `id` and has Google invite its guests. Raises IdTaken."""
        what = {"event_id": event["id"], "body": event, **_WITH_CONFERENCE}
        return self._google.send("insert", deadline, sendUpdates="all", **what)

    def patch(self, event: Event, changes: Event, notify: bool, deadline: Deadline) -> Event:
        """Applies `changes` if the event is still as it was read; `notify` mails its guests.
        Raises EtagMismatch, EventGone."""
        what = {"event_id": event["id"], "etag": event["etag"], "body": changes, **_WITH_CONFERENCE}
        updates = "all" if notify else "none"
        return self._google.send("patch", deadline, sendUpdates=updates, **what)

    def delete(self, event: Event, deadline: Deadline) -> None:
        """Deletes the event if it is still as it was read, and has Google notify its guests.
        Raises EtagMismatch, EventGone."""
        what = {"event_id": event["id"], "etag": event["etag"]}
        self._google.send("delete", deadline, sendUpdates="all", **what)

    def _items(self, deadline: Deadline, **query: Any) -> Iterator[Event]:
        query["maxResults"] = LARGEST_PAGE
        for _ in range(_MOST_PAGES):
            page = self._google.read("list", deadline, **query)
            yield from page["items"]
            previous, query["pageToken"] = query.get("pageToken"), page.get("nextPageToken")
            if not query["pageToken"]:
                return
            if query["pageToken"] == previous:
                break
        raise Unanswered("list: its pages do not end")
