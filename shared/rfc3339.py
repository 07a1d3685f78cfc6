"""RFC 3339 date-times, the one text form of time that the project reads and writes."""

import re
from datetime import UTC, datetime

_FORM = re.compile(
    r"\d{4}-\d\d-\d\d[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?"
    r"(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)


def parse(text: str) -> datetime:
    """The instant, in UTC, that an RFC 3339 text with offset names.

    Raises ValueError for another form, for a date that does not exist and for an
    instant outside the years 1 to 9999. Digits beyond microseconds are dropped.
    """
    if not _FORM.fullmatch(text):
        raise ValueError("not an RFC 3339 date-time with offset")
    normal = re.sub(r"(\.\d{6})\d+", r"\1", text.upper())
    try:
        return datetime.fromisoformat(normal).astimezone(UTC)
    except OverflowError:
        raise ValueError("outside the years 1 to 9999") from None
