"""`GET`: the school's web page asks which hours are taken."""

import gc
from contextlib import suppress
from datetime import UTC, datetime

from flask import Request, Response

from shared import log, rfc3339
from shared.deadline import Deadline
from shared.endpoint import JSON, Endpoint, disregard_body
from shared.errors import InvalidRequest, Misconfigured
from shared.google_calendar import GoogleCalendar
from shared.google_credentials import GoogleCredentials
from shared.once import once
from shared.settings import Settings, settings
from shared.snapshot import SharedSnapshot

_endpoint = Endpoint("list_events", ("GET", "HEAD", "OPTIONS"), "Failed to fetch calendar events")
_calendar = once(lambda: GoogleCalendar(settings(), GoogleCredentials(settings())))
_snapshot = once(lambda: SharedSnapshot(_calendar().events_between, settings()))


def list_events(request: Request) -> Response:
    """See `GET /api/calendar` in the README."""
    disregard_body(request)
    response = _endpoint.serve(request, _answer)
    with suppress(Misconfigured):  # then the answer says so, and no origin is known
        response.headers.extend(_sharing_headers(request, settings().allowed_origins))
    return response


def _answer(request: Request, current: Settings) -> Response:
    if request.method == "OPTIONS":
        return Response(status=204)
    deadline = Deadline(current.list_budget_seconds)
    span = _span(request)
    snapshot, failure = _snapshot().current(deadline)
    if failure:
        log.hide(failure)
    listing = snapshot.listing(span)
    is_known = request.if_none_match.contains_weak(listing.etag)
    headers = [
        ("Content-Type", JSON),
        ("Cache-Control", f"public, max-age={current.events_cache_seconds}"),
        ("Age", str(int(snapshot.age))),
        ("ETag", f'"{listing.etag}"'),
    ]
    return Response(b"" if is_known else listing.body, 304 if is_known else 200, headers)


def _span(request: Request) -> tuple[datetime, datetime] | None:
    """The span of `timeMin` and `timeMax`; None if neither is given."""
    if not request.query_string:
        return None
    start, end = _instant(request, "timeMin"), _instant(request, "timeMax")
    if start and end and end <= start:
        raise InvalidRequest("timeMax <= timeMin", text="timeMax must be after timeMin")
    if start is None and end is None:
        return None
    return start or datetime.min.replace(tzinfo=UTC), end or datetime.max.replace(tzinfo=UTC)


def _instant(request: Request, name: str) -> datetime | None:
    text = request.args.get(name)
    if text is None:
        return None
    try:
        return rfc3339.parse(text.replace(" ", "+"))  # an unescaped + of the offset
    except ValueError:
        raise InvalidRequest(
            f"{name}'s form", text=f"{name} must be an RFC 3339 date-time with offset"
        ) from None


def _sharing_headers(request: Request, allowed: frozenset[str]) -> list[tuple[str, str]]:
    """Cross-origin resource sharing, for the origins that may read the list from a browser."""
    headers = []
    shared_with = "*"
    if "*" not in allowed:
        headers.append(("Vary", "Origin"))
        shared_with = request.headers.get("Origin", "")
        if shared_with.lower() not in allowed:
            return headers
    headers.append(("Access-Control-Allow-Origin", shared_with))
    headers.append(("Access-Control-Expose-Headers", "Age, ETag, Retry-After"))
    if request.method == "OPTIONS":
        headers.append(("Access-Control-Allow-Methods", ", ".join(_endpoint.methods)))
        headers.append(("Access-Control-Allow-Headers", "Content-Type, If-None-Match"))
        headers.append(("Access-Control-Max-Age", "3600"))
    return headers


# What was imported stays: it need not be looked through again, nor copied after the fork.
gc.freeze()
