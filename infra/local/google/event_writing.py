"""Making, changing and withdrawing events; the state's lock is held by whoever calls."""

from dataclasses import dataclass
from typing import Any

from . import conference
from .calendars import Calendar, HeldEvent, Resource
from .conference import PendingMeet
from .errors import CalendarError
from .event_shape import changed_event, check_attendees, new_event, touched
from .invitations import mails
from .world import World


@dataclass(frozen=True)
class Manner:
    """How a write is to be done, apart from what it writes."""

    tells_guests: bool = False
    with_conference: bool = False
    refuses_attendees: bool = False
    may_overwrite: bool = False


def create(
    world: World, calendar: Calendar, body: Resource, account: str, manner: Manner
) -> HeldEvent:
    """Raises CalendarError: the event is not made."""
    event = new_event(_without_conference(body), calendar, account)
    held = calendar.events.get(event["id"])
    if held is not None and (held.is_cancelled or not manner.may_overwrite):
        raise CalendarError(409, "duplicate", "The requested identifier already exists.")
    check_attendees(event, world.settings.refused_emails, manner.refuses_attendees)
    pending = None
    if manner.with_conference and body.get("conferenceData"):
        event, pending = _with_conference(world, event, body["conferenceData"], None)
    made = HeldEvent(event, calendar.home, pending)
    return _put(world, calendar, made, None, manner)


def change(
    world: World, calendar: Calendar, held: HeldEvent, body: Resource, manner: Manner
) -> HeldEvent:
    """Patches; raises CalendarError: nothing is changed."""
    if held.is_cancelled:
        raise CalendarError(403, "forbidden", "Forbidden")
    before = held.resource
    after = changed_event(before, _without_conference(body), calendar)
    if body.get("attendees"):
        check_attendees(after, world.settings.refused_emails, manner.refuses_attendees)
    pending = held.pending_meet
    if manner.with_conference and "conferenceData" in body:
        after, pending = _with_conference(world, after, body["conferenceData"], pending)
        if after != before and after["etag"] == before["etag"]:
            after = touched(after, before)
    if after == before:
        return held
    return _put(world, calendar, HeldEvent(after, calendar.home, pending), before, manner)


def cancel(world: World, calendar: Calendar, held: HeldEvent, manner: Manner) -> HeldEvent:
    """Leaves a tombstone in place of the event."""
    if held.is_cancelled:
        raise CalendarError(410, "deleted", "Resource has been deleted")
    after = touched(held.resource | {"status": "cancelled"}, held.resource)
    return _put(world, calendar, HeldEvent(after, calendar.home), held.resource, manner)


def settle_meet(calendar: Calendar, held: HeldEvent, *, is_read: bool) -> HeldEvent:
    """The event after Google has perhaps finished its Meet link."""
    pending = held.pending_meet
    if pending is None or held.is_cancelled:
        return held
    pending.reads += is_read
    if not pending.is_due:
        return held
    request = held.resource["conferenceData"]["createRequest"]
    data = conference.finished(request, held.id)
    after = touched(_linked(held.resource, data), held.resource)
    settled = HeldEvent(after, calendar.home)
    calendar.put(settled)
    return settled


def settle_due_meets(calendar: Calendar) -> None:
    """Lets Google finish every Meet link of the calendar that is due by now."""
    for event_id in list(calendar.pending_meets):
        settle_meet(calendar, calendar.events[event_id], is_read=False)


def _put(
    world: World, calendar: Calendar, held: HeldEvent, before: Resource | None, manner: Manner
) -> HeldEvent:
    calendar.put(held)
    if manner.tells_guests:
        world.invitations += mails(before, held.resource)
    return held


def _without_conference(body: Resource) -> Resource:
    return {name: value for name, value in body.items() if name != "conferenceData"}


def _with_conference(
    world: World, event: Resource, given: Any, pending: PendingMeet | None
) -> tuple[Resource, PendingMeet | None]:
    """The event after a body's ``conferenceData``; a request id seen before is ignored."""
    if given is None:
        return _linked(event, None), None
    request = given.get("createRequest")
    if request is None:
        return _linked(event, given), None
    current = event.get("conferenceData", {}).get("createRequest", {})
    if request.get("requestId") == current.get("requestId", ""):
        return event, pending
    data, pending = world.meet.answer(request, event["id"])
    return _linked(event, data), pending


def _linked(event: Resource, data: conference.ConferenceData | None) -> Resource:
    unlinked = event.keys() - {"conferenceData", "hangoutLink"}
    linked = {name: value for name, value in event.items() if name in unlinked}
    if data is not None:
        linked["conferenceData"] = data
    if link := conference.video_link(data):
        linked["hangoutLink"] = link
    return linked
