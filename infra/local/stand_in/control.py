"""Control over HTTP, below ``/control/``: what tests use to prepare and to look behind."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from . import defaults, times
from .calendars import Calendar, HeldEvent
from .discovery import check_value
from .errors import ApiError
from .event_shape import merged, new_event, shaped
from .event_writing import Manner, cancel, change, settle_due_meets
from .oauth import Grant
from .wire import Request, Response, json_response
from .world import World

if TYPE_CHECKING:
    from .server import StandIn

Values = dict[str, Any]
Action = Callable[[World, Values], Any]


def answer(server: "StandIn", request: Request) -> Response:
    """Carries out a control request: parameters come as query or as a JSON object."""
    path = unquote(request.path.removeprefix("/control/")).rstrip("/")
    action = _ACTIONS.get((request.method, path))
    try:
        values: Values = {name: texts[-1] for name, texts in request.query.items()}
        values |= json.loads(request.body) if request.body else {}
        if (request.method, path) == ("POST", "reset"):
            server.reset(**values)
            return json_response({})
        if action is None:
            return json_response({"error": f"control has no {request.method} {path}"}, 404)
        return json_response(action(server.world, values))
    except ApiError as error:
        return error.response()
    except (ValueError, TypeError, LookupError) as error:
        return json_response({"error": f"{type(error).__name__}: {error}"}, 400)


def _calendar(world: World, values: Values) -> Calendar:
    return world.calendar(values.get("calendar_id", defaults.CALENDAR_ID))


def _get_settings(world: World, _values: Values) -> Any:
    return world.settings.as_json()


def _change_settings(world: World, values: Values) -> Any:
    world.change_settings(values)
    return world.settings.as_json()


def _seed_events(world: World, values: Values) -> Any:
    with world.lock:
        calendar = _calendar(world, values)
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


def _get_events(world: World, values: Values) -> Any:
    with world.lock:
        calendar = _calendar(world, values)
        settle_due_meets(calendar)
        return [event.resource for event in calendar.events.values()]


def _edit_event(world: World, values: Values) -> Any:
    with world.lock:
        calendar = _calendar(world, values)
        held = _held(calendar, values["id"])
        check_value("Event", values["changes"])
        return change(world, calendar, held, values["changes"], _manner(values)).resource


def _remove_event(world: World, values: Values) -> Any:
    with world.lock:
        calendar = _calendar(world, values)
        held = _held(calendar, values["id"])
        if values.get("for_good"):
            calendar.remove(held.id)
            return {}
        return cancel(world, calendar, held, _manner(values)).resource


def _held(calendar: Calendar, event_id: str) -> HeldEvent:
    held = calendar.find(event_id)
    if held is None:
        raise KeyError(f"no event {event_id}")
    return held


def _manner(values: Values) -> Manner:
    return Manner(send_updates=values.get("send_updates", "none"))


def _put_calendar(world: World, values: Values) -> Any:
    """Adds a calendar or changes one."""
    with world.lock:
        calendar_id = values["id"]
        known = world.calendars.get(calendar_id) or Calendar(
            calendar_id, {defaults.ACCOUNT: "owner"}
        )
        calendar = replace(known, **values)
        times.zone(calendar.time_zone)
        world.calendars[calendar.id] = calendar
    return {"id": calendar.id, "roles": calendar.roles, "time_zone": calendar.time_zone}


def _get_invitations(world: World, _values: Values) -> Any:
    return world.invitations.as_json()


def _get_requests(world: World, values: Values) -> Any:
    entries = world.journal.entries(int(values.get("after", 0)), values.get("operation"))
    return [entry.as_json() for entry in entries]


def _clear_requests(world: World, _values: Values) -> Any:
    world.journal.clear()
    return {}


def _get_counts(world: World, _values: Values) -> Any:
    return world.journal.counts()


def _get_refusals(world: World, _values: Values) -> Any:
    with world.lock:
        return list(world.refusals)


def _get_faults(world: World, _values: Values) -> Any:
    return [fault.as_json() for fault in world.faults.all()]


def _plan_fault(world: World, values: Values) -> Any:
    return world.faults.add(values).as_json()


def _clear_faults(world: World, _values: Values) -> Any:
    world.faults.clear()
    return {}


def _get_tokens(world: World, _values: Values) -> Any:
    with world.lock:
        return {token: vars(grant) for token, grant in world.tokens.grants.items()}


def _add_token(world: World, values: Values) -> Any:
    with world.lock:
        token = values.pop("token")
        world.tokens.grants[token] = Grant(**values)
    return {}


def _revoke_token(world: World, values: Values) -> Any:
    with world.lock:
        world.tokens.revoke(values["token"], values.get("keep_access_tokens", False))
    return {}


def _restore_token(world: World, values: Values) -> Any:
    with world.lock:
        world.tokens.grants[values["token"]].revoked = False
    return {}


def _expire_access_tokens(world: World, _values: Values) -> Any:
    with world.lock:
        world.tokens.expire_access_tokens()
    return {}


def _get_secrets(world: World, _values: Values) -> Any:
    with world.lock:
        return world.secrets.as_json()


def _replace_secrets(world: World, values: Values) -> Any:
    with world.lock:
        world.secrets.replace(values["projects"])
    return {}


def _add_secret_version(world: World, values: Values) -> Any:
    with world.lock:
        number = world.secrets.add_version(values["project"], values["secret"], values["payload"])
    return {"version": number}


def _set_secret_state(world: World, values: Values) -> Any:
    with world.lock:
        secret = world.secrets.find(values["project"], values["secret"])
        secret.versions[int(values["version"]) - 1].state = values["state"]
    return {}


_ACTIONS: dict[tuple[str, str], Action] = {
    ("GET", "settings"): _get_settings,
    ("PATCH", "settings"): _change_settings,
    ("PUT", "calendars"): _put_calendar,
    ("GET", "events"): _get_events,
    ("POST", "events"): _seed_events,
    ("PATCH", "events"): _edit_event,
    ("DELETE", "events"): _remove_event,
    ("GET", "invitations"): _get_invitations,
    ("GET", "requests"): _get_requests,
    ("DELETE", "requests"): _clear_requests,
    ("GET", "counts"): _get_counts,
    ("GET", "refusals"): _get_refusals,
    ("GET", "faults"): _get_faults,
    ("POST", "faults"): _plan_fault,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "refresh_tokens"): _get_tokens,
    ("POST", "refresh_tokens"): _add_token,
    ("POST", "refresh_tokens/revoke"): _revoke_token,
    ("POST", "refresh_tokens/restore"): _restore_token,
    ("POST", "access_tokens/expire"): _expire_access_tokens,
    ("GET", "secrets"): _get_secrets,
    ("PUT", "secrets"): _replace_secrets,
    ("POST", "secrets"): _add_secret_version,
    ("PATCH", "secrets"): _set_secret_state,
}
