"""Control over HTTP, below ``/control/``: what tests use to prepare and to look behind."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from . import defaults, times
from .calendars import Calendar, HeldEvent
from .discovery import check_value
from .errors import ApiError
from .event_shape import merged, new_event, shaped
from .event_writing import Manner, cancel, change, settle_due_meets
from .faults import Fault
from .oauth import Grant
from .wire import Request, Response, json_response
from .world import World

if TYPE_CHECKING:
    from .server import StandIn

Values = dict[str, Any]
Action = Callable[[World, Values], Any]
"""What it returns is sent as JSON; the world is locked meanwhile."""


def answer(server: "StandIn", request: Request) -> Response:
    """Carries out a control request, whose parameters are a JSON object."""
    path = request.path.removeprefix("/control/")
    action = _ACTIONS.get((request.method, path))
    try:
        values: Values = json.loads(request.body or b"{}")
        if (request.method, path) == ("POST", "reset"):
            server.reset(**values)
            return json_response({})
        if action is None:
            return json_response({"error": f"control has no {request.method} {path}"}, 404)
        world = server.world
        with world.lock:
            result = action(world, values)
        return json_response(result)
    except ApiError as error:
        return error.response()
    except (ValueError, TypeError, LookupError) as error:
        return json_response({"error": f"{type(error).__name__}: {error}"}, 400)


def _change_settings(world: World, values: Values) -> Any:
    world.change_settings(values)
    return asdict(world.settings)


def _put_calendar(world: World, values: Values) -> None:
    known = world.calendars.get(values["id"]) or Calendar(values["id"], {defaults.ACCOUNT: "owner"})
    calendar = replace(known, **values)
    times.zone(calendar.time_zone)
    world.calendars[calendar.id] = calendar


def _seed_events(world: World, values: Values) -> Any:
    calendar = world.calendars[defaults.CALENDAR_ID]
    return [_seeded(calendar, event) for event in values["events"]]


def _seeded(calendar: Calendar, given: dict[str, Any]) -> dict[str, Any]:
    """Holds an event as Google would, whoever made it and whatever became of it."""
    check_value("Event", given)
    filled = dict(given)
    if "originalStartTime" in given:
        filled = {"start": given["originalStartTime"], "end": given["originalStartTime"]} | filled
    made = new_event({**filled, "id": None}, calendar, calendar.id)
    if "id" in given:
        made |= {"id": given["id"], "iCalUID": f"{given['id']}@google.com"}
    event = shaped(merged(made, filled), calendar)
    if "originalStartTime" in event:
        start = times.normalised(event["originalStartTime"], "start", calendar.home)
        event["originalStartTime"] = start
    calendar.put(HeldEvent(event, calendar.home))
    return event


def _get_events(world: World, _values: Values) -> Any:
    calendar = world.calendars[defaults.CALENDAR_ID]
    settle_due_meets(calendar)
    return [event.resource for event in calendar.events.values()]


def _edit_event(world: World, values: Values) -> Any:
    calendar = world.calendars[defaults.CALENDAR_ID]
    held = calendar.events[values["id"]]
    check_value("Event", values["changes"])
    return change(world, calendar, held, values["changes"], Manner()).resource


def _remove_event(world: World, values: Values) -> None:
    calendar = world.calendars[defaults.CALENDAR_ID]
    held = calendar.events[values["id"]]
    if values.get("for_good"):
        calendar.forget(held.id)
    else:
        cancel(world, calendar, held, Manner())


def _add_token(world: World, values: Values) -> None:
    token = values.pop("token")
    world.tokens.grants[token] = Grant(**values)


def _disable_secret_version(world: World, values: Values) -> None:
    secret = world.secrets.find(values["project"], values["secret"])
    secret.versions[values["version"] - 1].state = "DISABLED"


_ACTIONS: dict[tuple[str, str], Action] = {
    ("PATCH", "settings"): _change_settings,
    ("PUT", "calendars"): _put_calendar,
    ("GET", "events"): _get_events,
    ("POST", "events"): _seed_events,
    ("PATCH", "events"): _edit_event,
    ("DELETE", "events"): _remove_event,
    ("GET", "invitations"): lambda world, _: [vars(mail) for mail in world.invitations],
    ("GET", "requests"): lambda world, values: world.journal.entries(**values),
    ("DELETE", "requests"): lambda world, _: world.journal.clear(),
    ("GET", "counts"): lambda world, _: world.journal.counts(),
    ("GET", "refusals"): lambda world, _: list(world.refusals),
    ("POST", "faults"): lambda world, values: world.faults.add(Fault(**values)),
    ("DELETE", "faults"): lambda world, _: world.faults.clear(),
    ("GET", "refresh_tokens"): lambda world, _: list(world.tokens.grants),
    ("POST", "refresh_tokens"): _add_token,
    ("POST", "refresh_tokens/revoke"): lambda world, values: world.tokens.revoke(**values),
    ("POST", "access_tokens/expire"): lambda world, _: world.tokens.expire_access_tokens(),
    ("GET", "secrets"): lambda world, _: world.secrets.as_json(),
    ("PUT", "secrets"): lambda world, values: world.secrets.replace(values["projects"]),
    ("POST", "secrets"): lambda world, values: world.secrets.add_version(**values),
    ("DELETE", "secrets"): _disable_secret_version,
}
