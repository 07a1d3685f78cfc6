"""Control of the stand-in for Google, beside that of every stand-in."""

from dataclasses import replace
from typing import Any

from infra.local.google import defaults, times
from infra.local.google.calendars import Calendar, HeldEvent
from infra.local.google.discovery import check_value
from infra.local.google.event_shape import shaped
from infra.local.google.event_versions import merged, new_event
from infra.local.google.event_writing import Manner, cancel, change, settle_due_meets
from infra.local.google.state import Google
from infra.local.google.tokens import GrantedAccess
from infra.local.stand_in.control import Actions, Values


def _put_calendar(google: Google, values: Values) -> None:
    """Its events are the same instants in another zone; their days begin and end there."""
    new = Calendar(values["id"], {defaults.ACCOUNT: "owner"}, now=google.now)
    calendar = replace(google.calendars.get(values["id"], new), **values)
    for held in list(calendar.events.values()):
        event = shaped(held.resource, calendar)
        calendar.put(HeldEvent(event, calendar.home, held.pending_meet))
    google.calendars[calendar.id] = calendar


def _calendar(google: Google, values: Values) -> Calendar:
    return google.calendars[values.get("calendar") or defaults.CALENDAR_ID]


def _seed_events(google: Google, values: Values) -> Any:
    calendar = _calendar(google, values)
    return [_seeded(calendar, event) for event in values["events"]]


def _seeded(calendar: Calendar, given: dict[str, Any]) -> dict[str, Any]:
    """Holds an event as Google would, whoever made it and whatever became of it."""
    check_value("Event", given)
    filled = dict(given)
    original = given.get("originalStartTime")
    if original is not None:
        filled = {"start": original, "end": original} | filled
    made = new_event(filled, calendar, calendar.id)
    if "recurringEventId" in given:
        made["iCalUID"] = f"{given['recurringEventId']}@google.com"
    event = shaped(merged(made, filled), calendar)
    if original is not None:
        event["originalStartTime"] = times.normalised(original, "start", calendar.home)
    calendar.put(HeldEvent(event, calendar.home))
    return event


def _get_events(google: Google, values: Values) -> Any:
    calendar = _calendar(google, values)
    settle_due_meets(google, calendar)
    return [event.resource for event in calendar.events.values()]


def _edit_event(google: Google, values: Values) -> Any:
    calendar = _calendar(google, values)
    check_value("Event", values["changes"])
    held = calendar.events[values["id"]]
    return change(google, calendar, held, values["changes"], Manner()).resource


def _remove_event(google: Google, values: Values) -> None:
    calendar = _calendar(google, values)
    held = calendar.events[values["id"]]
    if values.get("for_good"):
        calendar.forget(held.id)
    else:
        cancel(google, calendar, held, Manner())


def _add_token(google: Google, values: Values) -> None:
    token = values.pop("token")
    google.tokens.grants[token] = GrantedAccess(**values)


def _disable_secret_version(google: Google, values: Values) -> None:
    versions = google.secrets.versions(values["project"], values["secret"])
    versions[values["version"] - 1].state = "DISABLED"


ACTIONS: Actions = {
    ("PUT", "calendars"): _put_calendar,
    ("GET", "events"): _get_events,
    ("POST", "events"): _seed_events,
    ("PATCH", "events"): _edit_event,
    ("DELETE", "events"): _remove_event,
    ("GET", "invitations"): lambda google, _: [vars(mail) for mail in google.invitations],
    ("GET", "refresh_tokens"): lambda google, _: list(google.tokens.grants),
    ("POST", "refresh_tokens"): _add_token,
    ("POST", "refresh_tokens/revoke"): lambda google, values: google.tokens.revoke(**values),
    ("POST", "access_tokens/expire"): lambda google, _: google.tokens.expire_access_tokens(),
    ("GET", "secrets"): lambda google, _: google.secrets.as_json(),
    ("PUT", "secrets"): lambda google, values: google.secrets.replace(**values),
    ("POST", "secrets"): lambda google, values: google.secrets.add_version(**values),
    ("DELETE", "secrets"): _disable_secret_version,
}
