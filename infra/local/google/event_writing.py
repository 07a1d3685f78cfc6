"""Making, changing and withdrawing events."""

from dataclasses import dataclass
from typing import Any

from infra.local.google import conference
from infra.local.google.calendars import Calendar, HeldEvent, Resource
from infra.local.google.conference import PendingMeet
from infra.local.google.errors import CalendarError
from infra.local.google.event_shape import check_attendees
from infra.local.google.event_versions import changed_event, check_id, new_event, touched
from infra.local.google.invitations import mails
from infra.local.google.state import Google


@dataclass(frozen=True)
class Manner:
    """How a write is to be done, apart from what it writes."""

    tells_guests: bool = False
    with_conference: bool = False
    refuses_attendees: bool = False
    may_overwrite: bool = False


def create(
    google: Google, calendar: Calendar, body: Resource, account: str, manner: Manner
) -> HeldEvent:
    """Raises CalendarError: the event is not made."""
    check_id(body)
    event = new_event(_without_conference(body), calendar, account)
    held = calendar.events.get(event["id"])
    if held is not None and (held.is_cancelled or not manner.may_overwrite):
        raise CalendarError(409, "duplicate", "The requested identifier already exists.")
    check_attendees(event, google.settings.refused_emails, manner.refuses_attendees)
    pending = None
    if manner.with_conference and body.get("conferenceData"):
        event, pending = _with_conference(google, event, body["conferenceData"], None)
    return _put(google, calendar, HeldEvent(event, calendar.home, pending), None, manner)


def change(
    google: Google, calendar: Calendar, held: HeldEvent, body: Resource, manner: Manner
) -> HeldEvent:
    """Patches; what changes nothing leaves the etag and tells nobody. Raises CalendarError: nothing
    is changed."""
    if held.is_cancelled:
        raise CalendarError(403, "forbidden", "Forbidden")
    before = held.resource
    after = changed_event(before, _without_conference(body), calendar)
    if body.get("attendees"):
        check_attendees(after, google.settings.refused_emails, manner.refuses_attendees)
    pending = held.pending_meet
    if manner.with_conference and "conferenceData" in body:
        after, pending = _with_conference(google, after, body["conferenceData"], pending)
        if after != before and after["etag"] == before["etag"]:
            after = touched(after, before, calendar)
    if after == before:
        return held
    return _put(google, calendar, HeldEvent(after, calendar.home, pending), before, manner)


def cancel(google: Google, calendar: Calendar, held: HeldEvent, manner: Manner) -> None:
    """Leaves a tombstone in place of the event."""
    if held.is_cancelled:
        raise CalendarError(410, "deleted", "Resource has been deleted")
    after = touched(held.resource | {"status": "cancelled"}, held.resource, calendar)
    _put(google, calendar, HeldEvent(after, calendar.home), held.resource, manner)


def settle_meet(google: Google, calendar: Calendar, held: HeldEvent, *, is_read: bool) -> HeldEvent:
    """The event after Google has perhaps finished its Meet link."""
    pending = held.pending_meet
    if pending is None or held.is_cancelled:
        return held
    pending.reads += is_read
    if not pending.is_due(google.clock()):
        return held
    request = held.resource["conferenceData"]["createRequest"]
    linked = _linked(held.resource, conference.finished(request, held.id))
    after = touched(linked, held.resource, calendar)
    return _put(google, calendar, HeldEvent(after, calendar.home), held.resource, Manner())


def settle_due_meets(google: Google, calendar: Calendar) -> None:
    """Lets Google finish every Meet link of the calendar that is due by now."""
    for held in list(calendar.events.values()):
        settle_meet(google, calendar, held, is_read=False)


def _put(
    google: Google, calendar: Calendar, held: HeldEvent, before: Resource | None, manner: Manner
) -> HeldEvent:
    calendar.put(held)
    if manner.tells_guests:
        google.invitations += mails(before, held.resource, google.clock())
    return held


def _without_conference(body: Resource) -> Resource:
    return {name: value for name, value in body.items() if name != "conferenceData"}


def _with_conference(
    google: Google, event: Resource, given: Any, pending: PendingMeet | None
) -> tuple[Resource, PendingMeet | None]:
    """The event after a body's `conferenceData`; a request id seen before is ignored."""
    request = (given or {}).get("createRequest")
    if request is None:
        return _linked(event, given), None
    current = event.get("conferenceData", {}).get("createRequest", {})
    if request.get("requestId") == current.get("requestId", ""):
        return event, pending
    data, pending = google.meet.answer(request, event["id"], google.clock())
    return _linked(event, data), pending


def _linked(event: Resource, data: conference.ConferenceData | None) -> Resource:
    linked = {
        name: value
        for name, value in event.items()
        if name not in ("conferenceData", "hangoutLink")
    }
    if data is not None:
        linked["conferenceData"] = data
    if link := conference.video_link(data):
        linked["hangoutLink"] = link
    return linked
