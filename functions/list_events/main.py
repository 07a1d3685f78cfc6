"""`GET`: the school's web page asks which hours are taken."""

import gc
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache

from flask import Request
from werkzeug.datastructures import Headers

from shared import log, rfc3339
from shared.calendar.client import GoogleCalendar
from shared.deadline import Deadline
from shared.endpoint import JSON, Answer, Endpoint
from shared.errors import InvalidRequest, Misconfigured
from shared.listing.snapshot import SharedSnapshot
from shared.once import once
from shared.settings import Settings, settings

LONGEST_QUERY = 2048

Sharing = tuple[tuple[str, str], ...]

_endpoint = Endpoint("list_events", ("GET", "HEAD", "OPTIONS"), "Failed to fetch calendar events")
_calendar = once(lambda: GoogleCalendar.from_settings(settings()))
_snapshot = once(lambda: SharedSnapshot(_calendar().events_between, settings()))


def list_events(request: Request) -> Answer:
    """See `GET /api/calendar` in the README."""
    answer = _endpoint.serve(request, _answer)
    if answer.status_code >= 400:
        with suppress(Misconfigured):  # then the answer says so, and no origin is known
            answer.headers.extend(_sharing_headers(request, settings().allowed_origins))
    return answer


def _answer(request: Request, current: Settings) -> Answer:
    sharing = _sharing_headers(request, current.allowed_origins)
    if request.method == "OPTIONS":
        return Answer(status=204, headers=sharing)
    deadline = Deadline(current.list_budget_seconds)
    span = _span(request)
    snapshot, failure = _snapshot().current(deadline)
    if failure:
        log.hide(failure)
    listing = snapshot.listing(span)
    size, age = len(listing.body), int(snapshot.age)
    headers = _headers(listing.etag, size, age, current.events_cache_seconds, sharing)
    if "If-None-Match" in request.headers and request.if_none_match.contains_weak(listing.etag):
        return Answer(status=304, headers=headers)
    return Answer([listing.body], headers=headers)


@lru_cache
def _headers(etag: str, size: int, age: int, max_age: int, sharing: Sharing) -> Headers:
    """Made once a second and for all callers alike: to be left as they are."""
    return Headers(
        [
            ("Content-Type", JSON),
            ("Content-Length", str(size)),
            ("Cache-Control", f"public, max-age={max_age}"),
            ("Age", str(age)),
            ("ETag", f'"{etag}"'),
            *sharing,
        ]
    )


def _span(request: Request) -> tuple[datetime, datetime] | None:
    """The span of `timeMin` and `timeMax`; None if neither is given."""
    if not request.query_string:
        return None
    if len(request.query_string) > LONGEST_QUERY:
        raise InvalidRequest(
            "query's length", text=f"query must be at most {LONGEST_QUERY} characters"
        )
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


def _sharing_headers(request: Request, allowed: frozenset[str]) -> Sharing:
    """Cross-origin resource sharing, for the origins that may read the list from a browser."""
    varies: Sharing = ()
    shared_with = "*"
    if "*" not in allowed:
        varies = (("Vary", "Origin"),)
        shared_with = request.headers.get("Origin", "")
        if shared_with.lower() not in allowed:
            return varies
    preflight: Sharing = ()
    if request.method == "OPTIONS":
        preflight = (
            ("Access-Control-Allow-Methods", ", ".join(_endpoint.methods)),
            ("Access-Control-Allow-Headers", "Content-Type, If-None-Match"),
            ("Access-Control-Max-Age", "3600"),
        )
    return (
        *varies,
        ("Access-Control-Allow-Origin", shared_with),
        ("Access-Control-Expose-Headers", "Age, ETag, Retry-After"),
        *preflight,
    )


# What was imported stays: it need not be looked through again, nor copied after the fork.
gc.freeze()
