"""Control of the stand-in for Google, beside that of every stand-in."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from infra.local.google import defaults, times
from infra.local.google.calendars import Calendar, HeldEvent, Resource
from infra.local.google.conference import MeetMaker
from infra.local.google.discovery import check_value
from infra.local.google.event_shape import shaped
from infra.local.google.event_versions import merged, new_event
from infra.local.google.event_writing import Manner, cancel, change, settle_due_meets
from infra.local.google.state import Google
from infra.local.google.tokens import GrantedAccess
from infra.local.stand_in.control import Object, StandInControl
from infra.local.stand_in.process import running_stand_in as running_process


class Control(StandInControl):
    """The README beside this module describes settings, faults and requests. Events are those of
    the first account's calendar unless `calendar` is the id of another one."""

    def __init__(self, google: Google) -> None:
        super().__init__(google)
        self._google = google

    def meet(self, mode: str = "success", **details: Any) -> None:
        """Sets how Meet links are made, as `MeetMaker` says."""
        self._google.meet = MeetMaker(mode, **details)

    def put_calendar(self, calendar_id: str, **changes: Any) -> None:
        """Adds or changes a calendar: `summary`, `roles` by account, `time_zone` of the events to
        come."""
        new = Calendar(calendar_id, {defaults.ACCOUNT: "owner"}, now=self._google.now)
        calendar = self._google.calendars.get(calendar_id, new)
        self._google.calendars[calendar_id] = replace(calendar, **changes)

    def seed(self, *events: Resource, calendar: str | None = None) -> list[Resource]:
        """Holds events as Google would, whoever made them and whatever became of them; the
        instances of a recurring one too. Answers them in full."""
        return [_seeded(self._calendar(calendar), event) for event in events]

    def events(self, calendar: str | None = None) -> list[Resource]:
        """Every event, cancelled ones too."""
        held = self._calendar(calendar)
        settle_due_meets(self._google, held)
        return [event.resource for event in held.events.values()]

    def edit(self, event_id: str, changes: Resource) -> Resource:
        """Changes an event as a human would in the calendar's page, telling nobody."""
        check_value("Event", changes)
        calendar = self._calendar()
        held = calendar.events[event_id]
        return change(self._google, calendar, held, changes, Manner()).resource

    def remove(self, event_id: str, for_good: bool = False) -> None:
        """Deletes an event by hand, telling nobody; `for_good` leaves no tombstone either."""
        calendar = self._calendar()
        if for_good:
            calendar.forget(event_id)
        else:
            cancel(self._google, calendar, calendar.events[event_id], Manner())

    def _calendar(self, calendar_id: str | None = None) -> Calendar:
        return self._google.calendars[calendar_id or defaults.CALENDAR_ID]

    def invitations(self) -> list[Object]:
        """Every mail sent to guests, in order: `kind` invitation, update or cancellation,
        `attendee`, `event_id`, `at`, `event`."""
        return [vars(mail) for mail in self._google.invitations]

    def refresh_tokens(self) -> list[str]:
        """All refresh tokens ever valid."""
        return list(self._google.tokens.grants)

    def add_refresh_token(self, token: str, **grant: Any) -> None:
        """Makes a refresh token valid; `account`, `client_id`, `scopes` have defaults."""
        self._google.tokens.grants[token] = GrantedAccess(**grant)

    def revoke(self, token: str = defaults.REFRESH_TOKEN) -> None:
        """Revokes a refresh token and the access tokens made of it."""
        self._google.tokens.revoke(token)

    def expire_access_tokens(self) -> None:
        self._google.tokens.expire_access_tokens()

    def secrets(self) -> Object:
        """The secrets, with payload and state of every version."""
        return self._google.secrets.as_json()

    def replace_secrets(self, project: str, secrets: Mapping[str, list[str]]) -> None:
        """From now on exactly these, in this project alone: `{secret: [payload of version 1]}`."""
        self._google.secrets.replace(project, secrets)

    def add_secret_version(self, payload: str, secret: str = defaults.REFRESH_TOKEN_SECRET) -> None:
        """Adds a version, and the secret if there is none."""
        self._google.secrets.add_version(secret, payload)

    def disable_secret_version(
        self, version: int, secret: str = defaults.REFRESH_TOKEN_SECRET
    ) -> None:
        self._google.secrets.held[secret][version - 1].state = "DISABLED"


@contextmanager
def running_stand_in() -> Iterator[Control]:
    """A stand-in of its own, for as long as the context lasts. Raises RuntimeError."""
    with running_process("infra.local.google", Control) as control:
        yield control


def _seeded(calendar: Calendar, given: Resource) -> Resource:
    check_value("Event", given)
    original = given.get("originalStartTime")
    filled = given if original is None else {"start": original, "end": original, **given}
    made = new_event(filled, calendar, calendar.id)
    if "recurringEventId" in given:
        made["iCalUID"] = f"{given['recurringEventId']}@google.com"
    event = shaped(merged(made, filled), calendar)
    if original is not None:
        event["originalStartTime"] = times.normalised(original, "start", calendar.home)
    calendar.put(HeldEvent(event, calendar.home))
    return event
