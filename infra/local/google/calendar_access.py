"""What a call is held to: Google's document, what is played of it, and access rights."""

from infra.local.google import discovery, discovery_requests, fields
from infra.local.google.calendars import WRITERS, Calendar, HeldEvent
from infra.local.google.errors import CalendarError, not_found
from infra.local.google.state import Google
from infra.local.stand_in.operations import NOT_IN_STAND_IN, Call

_NOT_PLAYED = {
    "syncToken", "updatedMin", "sharedExtendedProperty", "iCalUID", "q", "sendNotifications",
    "eventTypes",
}  # fmt: skip
_VALUES_NOT_PLAYED = {"orderBy": "updated", "sendUpdates": "externalOnly", "showDeleted": True}


def check_call(google: Google, call: Call) -> None:
    """Holds a call to Google's document, and to what is played of it. Raises CalendarError."""
    method = call.operation.name
    call.parameters = discovery_requests.check_parameters(method, call.request.query)
    try:
        body = call.json
    except ValueError:
        raise CalendarError(400, "parseError", "Parse Error") from None
    discovery_requests.check_body(method, body)
    for name, value in call.parameters.items():
        if name in _NOT_PLAYED or _VALUES_NOT_PLAYED.get(name) == value:
            message = f"The stand-in does not play {name}={value}."
            raise CalendarError(501, NOT_IN_STAND_IN, message)
    response = discovery.method(method).get("response", {}).get("$ref", "Event")
    fields.parse(call.parameters.get("fields", ""), response)
    if method == "insert":
        held = google.calendars.values()
        call.stood_on_arrival = any(body.get("id") in each.events for each in held)


def calendar_for(google: Google, call: Call) -> tuple[Calendar, str]:
    """The calendar and the account that asks for it. Raises CalendarError where it may not be used
    so."""
    grant = google.tokens.grant_of(call.header("authorization"))
    if not set(grant.scopes) & set(discovery.method(call.operation.name)["scopes"]):
        message = "Request had insufficient authentication scopes."
        raise CalendarError(403, "insufficientPermissions", message)
    calendar = google.calendar(call.args["calendar"], grant.account)
    if grant.account not in calendar.roles:
        raise not_found()
    if call.request.method != "GET" and calendar.roles[grant.account] not in WRITERS:
        message = "You need to have writer access to this calendar."
        raise CalendarError(403, "forbidden", message)
    return calendar, grant.account


def event_of(calendar: Calendar, call: Call) -> HeldEvent:
    held = calendar.events.get(call.args["event"])
    if held is None:
        raise not_found()
    return held


def check_if_match(call: Call, held: HeldEvent) -> None:
    wanted = call.header("if-match")
    if wanted and wanted not in ("*", held.resource["etag"]):
        raise CalendarError(412, "conditionNotMet", "Precondition Failed")
