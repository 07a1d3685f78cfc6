"""`POST`: books a paid class; called by the school's webhook function."""

from flask import Request

from shared import json_object, log, request_body
from shared.booking.flow import Booking
from shared.concurrency import once
from shared.deadline import Budget
from shared.endpoint import Answer, Endpoint
from shared.errors import InvalidRequest
from shared.settings import Settings, settings

LARGEST_BODY = 64 * 1024
LONGEST_PREFERENCE_ID = 256

_booking = once(lambda: Booking.from_settings(settings()))


@Endpoint(("POST",), "Failed to create calendar event")
def create_event(request: Request, current: Settings) -> Answer:
    """See `POST /api/calendar` in the README."""
    budget = Budget(current.create_budget_seconds)
    preference_id = _preference_id(request_body.read(request, LARGEST_BODY, budget.work))
    log.note(preferenceId=preference_id)
    _booking().calendar.credentials.prepare(budget.work)
    _booking().book_class(preference_id, budget)
    return Answer('{"success": true, "message": "Event created successfully"}', {})


def _preference_id(content: bytes) -> str:
    body = json_object.parse(content)
    if body is None:
        raise InvalidRequest("Body must be a JSON object")
    value = body.get("preferenceId")
    if value is None or value == "":
        raise InvalidRequest("Missing preferenceId")
    if not isinstance(value, str):
        raise InvalidRequest("preferenceId must be a string")
    value = value.strip()
    if not 1 <= len(value) <= LONGEST_PREFERENCE_ID or not value.isprintable():
        form = f"1 to {LONGEST_PREFERENCE_ID} printable characters"
        raise InvalidRequest(f"preferenceId must be {form}")
    return value
