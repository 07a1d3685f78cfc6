"""Control of the stand-in for Google, beside that of every stand-in."""

from dataclasses import replace
from typing import Any

from infra.local.google import defaults, times
from infra.local.google.calendars import Calendar, HeldEvent, Resource
from infra.local.google.discovery import check_value
from infra.local.google.event_shape import shaped
from infra.local.google.event_versions import merged, new_event
from infra.local.google.event_writing import Manner, cancel, change, settle_due_meets
from infra.local.google.state import Google
from infra.local.google.tokens import GrantedAccess
from infra.local.stand_in.control import Actions


def _put_calendar(google: Google, id: str, **changes: Any) -> None:
    """Its events are the same instants in another zone; their days begin and end there."""
    new = Calendar(id, {defaults.ACCOUNT: "owner"}, now=google.now)
    calendar = google.calendars[id] = replace(google.calendars.get(id, new), **changes)
    for held in list(calendar.events.values()):
        event = shaped(held.resource, calendar)
        calendar.put(HeldEvent(event, calendar.home, held.pending_meet))


def _calendar(google: Google, calendar: str | None) -> Calendar:
    return google.calendars[calendar or defaults.CALENDAR_ID]


def _seed(google: Google, events: list[Resource], calendar: str | None = None) -> list[Resource]:
    return [_seeded(_calendar(google, calendar), event) for event in events]


def _seeded(calendar: Calendar, given: Resource) -> Resource:
    """Holds an event as Google would, whoever made it and whatever became of it."""
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


def _events(google: Google, calendar: str | None = None) -> list[Resource]:
    held = _calendar(google, calendar)
    settle_due_meets(google, held)
    return [event.resource for event in held.events.values()]


def _edit(google: Google, id: str, changes: Resource) -> Resource:
    check_value("Event", changes)
    calendar = _calendar(google, None)
    return change(google, calendar, calendar.events[id], changes, Manner()).resource


def _remove(google: Google, id: str, for_good: bool) -> None:
    calendar = _calendar(google, None)
    if for_good:
        calendar.forget(id)
    else:
        cancel(google, calendar, calendar.events[id], Manner())


def _add_token(google: Google, token: str, **grant: Any) -> None:
    google.tokens.grants[token] = GrantedAccess(**grant)


def _disable_version(google: Google, project: str, secret: str, version: int) -> None:
    google.secrets.versions(project, secret)[version - 1].state = "DISABLED"


ACTIONS: Actions = {
    ("PUT", "calendars"): _put_calendar,
    ("GET", "events"): _events,
    ("POST", "events"): _seed,
    ("PATCH", "events"): _edit,
    ("DELETE", "events"): _remove,
    ("GET", "invitations"): lambda google: [vars(mail) for mail in google.invitations],
    ("GET", "refresh_tokens"): lambda google: list(google.tokens.grants),
    ("POST", "refresh_tokens"): _add_token,
    ("POST", "refresh_tokens/revoke"): lambda google, token: google.tokens.revoke(token),
    ("POST", "access_tokens/expire"): lambda google: google.tokens.expire_access_tokens(),
    ("GET", "secrets"): lambda google: google.secrets.as_json(),
    ("PUT", "secrets"): lambda google, projects: google.secrets.replace(projects),
    ("POST", "secrets"): lambda google, **version: google.secrets.add_version(**version),
    ("DELETE", "secrets"): _disable_version,
}
