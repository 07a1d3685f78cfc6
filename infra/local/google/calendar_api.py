"""Calendar v3 `events`: what each call does, and what is answered."""

import json
from dataclasses import replace
from typing import Any

from infra.local.google import fields, times
from infra.local.google.calendar_access import calendar_for, check_if_match, event_of
from infra.local.google.calendars import Calendar, HeldEvent
from infra.local.google.event_listing import View, found, page, rendered
from infra.local.google.event_writing import (
    Manner,
    cancel,
    change,
    create,
    settle_due_meets,
    settle_meet,
)
from infra.local.google.state import Google
from infra.local.stand_in.operations import Call
from infra.local.wire import Response


def list_events(google: Google, call: Call) -> Response:
    """`events.list`"""
    parameters, settings = call.parameters, google.settings
    calendar, account = calendar_for(google, call)
    settle_due_meets(google, calendar)
    events = found(calendar, parameters)
    head = _list_head(calendar, calendar.roles[account])
    part, token = page(events, parameters, settings.page_size, settings.empty_pages)
    if token is not None:
        head["nextPageToken"] = token
    return _list_answer(head, part, parameters)


def _list_head(calendar: Calendar, role: str) -> dict[str, Any]:
    return {
        "kind": "calendar#events",
        "etag": f'"p3{calendar.version:010}"',
        "summary": calendar.summary or calendar.id,
        "updated": times.stamp(calendar.now()),
        "timeZone": calendar.time_zone,
        "accessRole": role,
        "defaultReminders": [{"method": "popup", "minutes": 30}],
    }


def _list_answer(
    head: dict[str, Any], events: list[HeldEvent], parameters: dict[str, Any]
) -> Response:
    view = replace(View.of(parameters), only_busy=head["accessRole"] == "freeBusyReader")
    mask = fields.parse(view.mask, "Events")
    text = json.dumps(fields.apply(mask, head), separators=(",", ":"))
    if not mask or "*" in mask or "items" in mask:
        below = mask.get("items", {})
        items = ",".join([rendered(event, view, below) for event in events])
        text = f'{text[:-1]}{"," if len(text) > 2 else ""}"items":[{items}]}}'
    return Response(200, text.encode())


def insert(google: Google, call: Call) -> Response:
    """`events.insert`"""
    calendar, account = calendar_for(google, call)
    body = call.json
    if call.meets("other_id"):
        body = body | {"id": _other_id(calendar)}
    made = create(google, calendar, body, account, _manner(call))
    return _answer(made, call)


def get(google: Google, call: Call) -> Response:
    """`events.get`, which finds cancelled events too."""
    calendar, _ = calendar_for(google, call)
    held = settle_meet(google, calendar, event_of(calendar, call), is_read=True)
    return _answer(_confused(calendar, call, held), call)


def patch(google: Google, call: Call) -> Response:
    """`events.patch`"""
    calendar, _ = calendar_for(google, call)
    held = settle_meet(google, calendar, event_of(calendar, call), is_read=False)
    check_if_match(call, held)
    changed = change(google, calendar, held, call.json, _manner(call))
    return _answer(_confused(calendar, call, changed), call)


def delete(google: Google, call: Call) -> Response:
    """`events.delete`"""
    calendar, _ = calendar_for(google, call)
    held = event_of(calendar, call)
    if not held.is_cancelled:
        check_if_match(call, held)
    cancel(google, calendar, held, _manner(call))
    return Response(204)


def _manner(call: Call) -> Manner:
    parameters = call.parameters
    return Manner(
        tells_guests=parameters.get("sendUpdates") == "all",
        with_conference=parameters.get("conferenceDataVersion", 0) == 1,
        refuses_attendees=call.meets("refuse_attendees"),
        may_overwrite=call.meets("accept_duplicate") and not call.stood_on_arrival,
    )


def _other_id(calendar: Calendar) -> str:
    """What no event of the calendar has, nor will have."""
    return f"other{calendar.version:05}"


def _confused(calendar: Calendar, call: Call, held: HeldEvent) -> HeldEvent:
    """The event as it is answered where the answer is about another one."""
    if not call.meets("other_id"):
        return held
    return HeldEvent(held.resource | {"id": _other_id(calendar)}, calendar.home)


def _answer(held: HeldEvent, call: Call) -> Response:
    view = View.of(call.parameters)
    text = rendered(held, view, fields.parse(view.mask, "Event"))
    return Response(200, text.encode(), headers={"ETag": str(held.resource["etag"])})
