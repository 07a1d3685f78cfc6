"""Calendar's notations of time."""

from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from infra.local.google.errors import invalid


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The IANA time zone. Raises CalendarError (invalid)."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise invalid(f"Invalid time zone definition: {name}.") from None


def instant(text: str) -> datetime:
    """The whole second of an RFC 3339 timestamp. Raises CalendarError (invalid)."""
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        raise invalid(f"No such date and time: {text}") from None
    if moment.tzinfo is None:
        raise invalid(f"Missing offset: {text}")
    return moment.replace(microsecond=0)


def stamp(moment: datetime) -> str:
    """As Google writes `created` and `updated`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def in_zone(moment: datetime, where: tzinfo) -> str:
    """The whole second in the offset of `where`. Raises CalendarError (invalid) for a moment that
    falls out of the calendar there."""
    try:
        text = moment.astimezone(where).replace(microsecond=0).isoformat()
    except OverflowError:
        raise invalid(f"{moment} is out of range.") from None
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def normalised(given: dict[str, Any], which: str, home: ZoneInfo) -> dict[str, Any]:
    """An event's `start` or `end` as Google keeps it.

    Raises:
        CalendarError: neither or both of `date` and `dateTime`, or no such moment. Without an
            offset a moment is refused here, though Google would take it with a `timeZone`.
    """
    given = {name: value for name, value in given.items() if value is not None}
    if ("date" in given) == ("dateTime" in given):
        raise invalid(f"Invalid {which} time.")
    if "date" in given:
        return {"date": _date(given["date"]).isoformat()}
    where = zone(given["timeZone"]) if "timeZone" in given else home
    return {"dateTime": in_zone(instant(given["dateTime"]), home), "timeZone": where.key}


def moment_of(event_time: dict[str, Any], home: tzinfo) -> datetime:
    """The instant of a normalised `start` or `end`; a date is its midnight in `home`."""
    if "date" in event_time:
        return datetime.combine(date.fromisoformat(event_time["date"]), time(), home)
    return datetime.fromisoformat(event_time["dateTime"])


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise invalid(f"No such date: {text}") from None
