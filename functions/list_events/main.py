"""`GET`: lists which hours are taken; called by the school's web page."""

from datetime import datetime

from flask import Request

from shared import rfc3339
from shared.concurrency import once
from shared.deadline import Deadline
from shared.endpoint import Answer, Endpoint
from shared.errors import InvalidRequest
from shared.listing.busy_hours import BusyHours
from shared.listing.snapshot import SharedSnapshot
from shared.settings import Settings, settings

LONGEST_QUERY = 2048

_snapshot = once(lambda: SharedSnapshot(BusyHours(settings()).slots, settings()))


@Endpoint(("GET", "HEAD", "OPTIONS"), "Failed to fetch calendar events", is_for_browsers=True)
def list_events(request: Request, current: Settings) -> Answer:
    """See `GET /api/calendar` in the README."""
    deadline = Deadline(current.list_budget_seconds)
    span = _span(request)
    snapshot, failure = _snapshot().current(deadline)
    listing = snapshot.listing(*span)
    headers = {
        "Cache-Control": f"public, max-age={current.events_cache_seconds}",
        "Age": str(int(snapshot.age)),
        "ETag": f'"{listing.etag}"',
    }
    has_one = "HTTP_IF_NONE_MATCH" in request.environ  # hardly any request has
    is_known = has_one and request.if_none_match.contains_weak(listing.etag)
    return Answer(listing.body, headers, 304 if is_known else 200, failure)


def _span(request: Request) -> tuple[datetime | None, datetime | None]:
    """`timeMin` and `timeMax`, where given."""
    if not request.query_string:
        return None, None
    if len(request.query_string) > LONGEST_QUERY:
        raise InvalidRequest(f"query must be at most {LONGEST_QUERY} characters")
    start, end = _instant(request, "timeMin"), _instant(request, "timeMax")
    if start and end and end <= start:
        raise InvalidRequest("timeMax must be after timeMin")
    return start, end


def _instant(request: Request, name: str) -> datetime | None:
    text = request.args.get(name)
    if text is None:
        return None
    try:
        return rfc3339.parse(text.replace(" ", "+"))  # an unescaped "+" in the offset
    except ValueError:
        raise InvalidRequest(f"{name} must be an RFC 3339 date-time with offset") from None
