"""Calendar v3 ``events``: who may do what, and what is answered."""

import json
from typing import Any

from . import discovery, fields
from .calendars import WRITERS, Calendar, HeldEvent
from .errors import CalendarError, not_found
from .event_listing import View, found, page, rendered
from .event_writing import Manner, cancel, change, create, settle_due_meets, settle_meet
from .wire import Response
from .world import Call, World

_NOT_PLAYED = {
    "syncToken", "updatedMin", "sharedExtendedProperty", "iCalUID", "q", "sendNotifications",
}  # fmt: skip
_VALUES_NOT_PLAYED = {"orderBy": "updated", "sendUpdates": "externalOnly"}


def check(method: str, call: Call) -> None:
    """Holds a call to Google's document, and to what is played of it. Raises CalendarError."""
    call.parameters = discovery.check_parameters(method, call.request.query)
    try:
        body = call.json
    except ValueError:
        raise CalendarError(400, "parseError", "Parse Error") from None
    discovery.check_body(method, body)
    for name, value in call.parameters.items():
        if name in _NOT_PLAYED or _VALUES_NOT_PLAYED.get(name) == value:
            message = f"The stand-in does not play {name}={value}."
            raise CalendarError(501, "notInStandIn", message)
    if mask := call.parameters.get("fields"):
        response = discovery.method(method).get("response", {}).get("$ref", "Event")
        fields.parse(mask, response)


def list_events(world: World, call: Call) -> Response:
    """``events.list``"""
    parameters = call.parameters
    with world.lock:
        calendar, _, role = _calendar(world, call, "list")
        settle_due_meets(calendar)
        events = found(calendar, parameters)
        settings = world.settings
        head = _list_head(calendar, role)
    part = page(events, parameters, settings.page_size, settings.empty_pages)
    if part.token is not None:
        head["nextPageToken"] = part.token
    return _list_answer(head, part.events, parameters)


def _list_head(calendar: Calendar, role: str) -> dict[str, Any]:
    return {
        "kind": "calendar#events",
        "etag": f'"p3{calendar.version:010}"',
        "summary": calendar.summary or calendar.id,
        "updated": calendar.updated,
        "timeZone": calendar.time_zone,
        "accessRole": role,
        "defaultReminders": calendar.default_reminders,
    }


def _list_answer(
    head: dict[str, Any], events: list[HeldEvent], parameters: dict[str, Any]
) -> Response:
    mask = fields.parse(parameters["fields"], "Events") if parameters.get("fields") else {}
    text = json.dumps(fields.apply(mask, head), separators=(",", ":"))
    if not mask or "*" in mask or "items" in mask:
        below = mask.get("items", {})
        view = View.of(parameters)
        items = ",".join([rendered(event, view, below) for event in events])
        text = f'{text[:-1]}{"," if len(text) > 2 else ""}"items":[{items}]}}'
    return Response(200, text.encode())


def insert(world: World, call: Call) -> Response:
    """``events.insert``"""
    with world.lock:
        calendar, account, _ = _calendar(world, call, "insert", writes=True)
        made = create(world, calendar, call.json, account, _manner(call))
    return _answer(made, call)


def get(world: World, call: Call) -> Response:
    """``events.get``, which finds cancelled events too."""
    with world.lock:
        calendar, _, _ = _calendar(world, call, "get")
        held = settle_meet(calendar, _event(calendar, call), is_read=True)
    return _answer(held, call)


def patch(world: World, call: Call) -> Response:
    """``events.patch``"""
    with world.lock:
        calendar, _, _ = _calendar(world, call, "patch", writes=True)
        held = settle_meet(calendar, _event(calendar, call), is_read=False)
        _check_if_match(call, held)
        changed = change(world, calendar, held, call.json, _manner(call))
    return _answer(changed, call)


def delete(world: World, call: Call) -> Response:
    """``events.delete``"""
    with world.lock:
        calendar, _, _ = _calendar(world, call, "delete", writes=True)
        held = _event(calendar, call)
        if not held.is_cancelled:
            _check_if_match(call, held)
        cancel(world, calendar, held, _manner(call))
    return Response(204)


def unsupported(_world: World, call: Call) -> Response:
    """Whatever else Calendar v3 has."""
    message = f"The stand-in has no {call.request.method} {call.request.path}."
    raise CalendarError(501, "notInStandIn", message)


def stood_on_arrival(world: World, call: Call) -> bool:
    """Whether the event that an insert is to make was there already when the insert arrived."""
    with world.lock:
        return any(call.json.get("id") in calendar.events for calendar in world.calendars.values())


def _calendar(
    world: World, call: Call, method: str, *, writes: bool = False
) -> tuple[Calendar, str, str]:
    """The calendar, the account that asks for it and its role there. Raises CalendarError where it
    may not be used so."""
    grant = world.tokens.grant_of(call.header("authorization"))
    if not set(grant.scopes) & set(discovery.method(method)["scopes"]):
        message = "Request had insufficient authentication scopes."
        raise CalendarError(403, "insufficientPermissions", message)
    calendar = world.calendar(call.args["calendar"], grant.account)
    if grant.account not in calendar.roles:
        raise not_found()
    role = world.settings.access_role or calendar.roles[grant.account]
    if writes and role not in WRITERS:
        message = "You need to have writer access to this calendar."
        raise CalendarError(403, "forbidden", message)
    return calendar, grant.account, role


def _event(calendar: Calendar, call: Call) -> HeldEvent:
    held = calendar.events.get(call.args["event"])
    if held is None:
        raise not_found()
    return held


def _check_if_match(call: Call, held: HeldEvent) -> None:
    wanted = call.header("if-match")
    if wanted and wanted not in ("*", held.resource["etag"]):
        raise CalendarError(412, "conditionNotMet", "Precondition Failed")


def _manner(call: Call) -> Manner:
    parameters = call.parameters
    return Manner(
        tells_guests=parameters.get("sendUpdates") == "all",
        with_conference=parameters.get("conferenceDataVersion", 0) == 1,
        refuses_attendees=call.refuses_attendees,
        may_overwrite=call.may_overwrite,
    )


def _answer(held: HeldEvent, call: Call) -> Response:
    view = View.of(call.parameters)
    mask = fields.parse(view.mask, "Event") if view.mask else {}
    text = rendered(held, view, mask)
    return Response(200, text.encode(), headers={"ETag": str(held.resource["etag"])})
