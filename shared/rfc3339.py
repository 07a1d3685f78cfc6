"""RFC 3339 date-times, the only text format for times that the project reads and writes."""

import re
from datetime import UTC, datetime

_FORM = re.compile(
    r"\d{4}-\d\d-\d\d[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?"
    r"(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)


def parse(text: str) -> datetime:
    """The instant, in UTC, of an RFC 3339 date-time with offset.

    Raises ValueError for any other format, a date that does not exist and an instant
    outside the years 1 to 9999. Digits beyond microseconds are dropped.
    """
    if not _FORM.fullmatch(text):
        raise ValueError("not an RFC 3339 date-time with offset")
    normal = re.sub(r"(\.\d{6})\d+", r"\1", text.upper())
    try:
        return datetime.fromisoformat(normal).astimezone(UTC)
    except OverflowError:
        raise ValueError("outside the years 1 to 9999") from None
