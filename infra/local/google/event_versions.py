"""What Google makes of the event that a request describes: a first version, or the next one."""

import base64
import re
import secrets
from typing import Any

from infra.local.google.calendars import Calendar, Resource
from infra.local.google.discovery import read_only
from infra.local.google.errors import invalid
from infra.local.google.event_shape import shaped

_ID = re.compile(r"[a-v0-9]{5,1024}")
_SCHEDULE = ("start", "end", "recurrence", "status")
_SETTLED_BY_GOOGLE = ("id", "etag", "kind", "recurringEventId", "originalStartTime")
_SETTLED_ONCE = (*_SETTLED_BY_GOOGLE, "sequence", "iCalUID")


def check_id(body: Resource) -> None:
    """Raises CalendarError for an id that nobody may give a new event."""
    if body.get("id") and not _ID.fullmatch(body["id"]):
        raise invalid("Invalid resource id value.")


def new_event(body: Resource, calendar: Calendar, account: str) -> Resource:
    """The event that `insert` makes of `body`, still without conference data. Raises CalendarError:
    Google would refuse it."""
    event_id = body.get("id") or secrets.token_hex(13)
    owner = {"email": calendar.id, "self": True}
    mark = calendar.mark()
    event = {
        "kind": "calendar#event",
        "id": event_id,
        "htmlLink": _html_link(event_id, calendar.id),
        "created": mark["updated"],
        **mark,
        "creator": owner if account == calendar.id else {"email": account},
        "organizer": owner,
        "iCalUID": f"{event_id}@google.com",
        "sequence": 0,
    }
    given = {name: value for name, value in body.items() if name not in _SETTLED_BY_GOOGLE}
    return shaped(merged(event, given), calendar)


def changed_event(event: Resource, body: Resource, calendar: Calendar) -> Resource:
    """What a patch with `body` makes of `event`; the same object where it changes nothing."""
    ignored = read_only("Event").union(_SETTLED_ONCE)
    given = {name: value for name, value in body.items() if name not in ignored}
    changed = shaped(merged(event, given), calendar)
    return event if changed == event else touched(changed, event, calendar)


def touched(changed: Resource, before: Resource, calendar: Calendar) -> Resource:
    """`changed` with a new etag, and a new sequence number where it was moved or revoked."""
    rescheduled = any(changed.get(name) != before.get(name) for name in _SCHEDULE)
    return changed | calendar.mark() | {"sequence": before.get("sequence", 0) + rescheduled}


def merged(old: Any, new: Any) -> Any:
    """Patch semantics: null removes, objects are merged, everything else is replaced."""
    if not isinstance(new, dict):
        return new
    result = dict(old) if isinstance(old, dict) else {}
    for name, value in new.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def _html_link(event_id: str, calendar_id: str) -> str:
    eid = base64.urlsafe_b64encode(f"{event_id} {calendar_id}".encode()).decode().rstrip("=")
    return f"https://www.google.com/calendar/event?eid={eid}"
