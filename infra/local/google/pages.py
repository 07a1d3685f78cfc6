"""Pages of a listing, and the tokens that lead from one to the next."""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from infra.local.google.calendars import HeldEvent
from infra.local.google.errors import invalid

DEFAULT_SIZE, LARGEST_SIZE = 250, 2500
_FILTERS = ("timeMin", "timeMax", "singleEvents", "orderBy", "privateExtendedProperty")
"""What must not change from page to page of one listing."""


def page(
    events: list[HeldEvent],
    parameters: Mapping[str, Any],
    size_cap: int | None,
    empty_pages: list[int],
) -> tuple[list[HeldEvent], str | None]:
    """The page a request asks for, and the token of the next one if there is one. Raises
    CalendarError for a token that is not of this listing."""
    listing = zlib.crc32(repr([parameters.get(name) for name in _FILTERS]).encode())
    offset, number = _position(parameters.get("pageToken"), listing)
    size = min(parameters.get("maxResults", DEFAULT_SIZE), LARGEST_SIZE, size_cap or LARGEST_SIZE)
    end = offset if number in empty_pages else offset + size
    more = number in empty_pages or end < len(events) or number + 1 in empty_pages
    return events[offset:end], _token(end, number + 1, listing) if more else None


def _token(offset: int, number: int, listing: int) -> str:
    return urlsafe_b64encode(json.dumps([offset, number, listing]).encode()).decode()


def _position(token: str | None, listing: int) -> tuple[int, int]:
    if token is None:
        return 0, 0
    try:
        offset, number, of_listing = json.loads(urlsafe_b64decode(token))
    except ValueError:
        raise invalid("Invalid page token value.") from None
    if of_listing != listing:
        raise invalid("Invalid page token value.")
    return offset, number
