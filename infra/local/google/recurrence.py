"""Recurring events: which instances a series has, and what an instance looks like."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from dateutil.rrule import rruleset, rrulestr

from . import times
from .errors import invalid

_LINE = re.compile(r"(RRULE|EXRULE|RDATE|EXDATE)((?:;[^:]*)?):(.+)", re.IGNORECASE)
_UNTIL = re.compile(r"UNTIL=(\d{8}(?:T\d{6}Z?)?)", re.IGNORECASE)
_UNSUPPORTED = re.compile(r"FREQ=(SECONDLY|MINUTELY|HOURLY)|INTERVAL=0*(;|$)", re.IGNORECASE)
_TZID = re.compile(r"TZID=([^;:]+)", re.IGNORECASE)
_NOT_INHERITED = ("recurrence", "start", "end", "id")


@dataclass(frozen=True)
class Series:
    """The starts of a recurring event, reckoned in its own zone so that DST moves no class."""

    rules: rruleset
    zone: tzinfo

    @classmethod
    def of(cls, resource: dict[str, Any], home: tzinfo) -> "Series | None":
        """The series of an event, None for a single one. Raises CalendarError for a bad rule."""
        lines = resource.get("recurrence")
        if not lines:
            return None
        start = resource["start"]
        zone = times.zone(start["timeZone"]) if "dateTime" in start else home
        return cls(_rules(lines, _naive(times.moment_of(start, home), zone), zone), zone)

    def between(self, since: datetime, before: datetime) -> Iterator[datetime]:
        """The starts after ``since`` and before ``before``, neither of them included."""
        last = _naive(before, self.zone)
        for start in self.rules.xafter(_naive(since, self.zone)):
            if start >= last:
                return
            yield start.replace(tzinfo=self.zone)


def _rules(lines: list[str], first: datetime, zone: tzinfo) -> rruleset:
    rules = rruleset(cache=True)
    has_rule = False
    for line in lines:
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise invalid("Invalid recurrence rule.")
        kind, parameters, value = match[1].upper(), match[2], match[3]
        if kind in ("RRULE", "EXRULE"):
            rule = _rule(value, first, zone)
            (rules.rrule if kind == "RRULE" else rules.exrule)(rule)
            has_rule |= kind == "RRULE"
        else:
            for moment in _moments(value, parameters, zone):
                (rules.rdate if kind == "RDATE" else rules.exdate)(moment)
    if not has_rule:
        rules.rdate(first)
    return rules


def _rule(value: str, first: datetime, zone: tzinfo) -> Any:
    def local_until(match: re.Match[str]) -> str:
        text = match[1].upper()
        if len(text) == 8:
            return f"UNTIL={text}T235959"
        return f"UNTIL={_moment(text, zone):%Y%m%dT%H%M%S}"

    if _UNSUPPORTED.search(value):
        raise invalid("Invalid recurrence rule.")
    try:
        return rrulestr(_UNTIL.sub(local_until, value), dtstart=first)
    except (ValueError, TypeError, KeyError):
        raise invalid("Invalid recurrence rule.") from None


def _moments(value: str, parameters: str, zone: tzinfo) -> list[datetime]:
    named = _TZID.search(parameters)
    given = times.zone(named[1]) if named else zone
    moments = [_moment(text.upper(), given) for text in value.split(",")]
    return [_naive(moment.replace(tzinfo=given), zone) for moment in moments]


def _moment(text: str, zone: tzinfo) -> datetime:
    """A date or time of RFC 5545 as local time of ``zone``."""
    form = {8: "%Y%m%d", 15: "%Y%m%dT%H%M%S", 16: "%Y%m%dT%H%M%SZ"}.get(len(text), "")
    try:
        moment = datetime.strptime(text, form)
    except ValueError:
        raise invalid("Invalid recurrence rule.") from None
    return _naive(moment.replace(tzinfo=UTC), zone) if text.endswith("Z") else moment


def _naive(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def instance_id(master: dict[str, Any], start: datetime) -> str:
    """``<id>_YYYYMMDDTHHMMSSZ``, or ``<id>_YYYYMMDD`` of an all-day event."""
    if "date" in master["start"]:
        return f"{master['id']}_{start:%Y%m%d}"
    return f"{master['id']}_{start.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def instance(
    master: dict[str, Any], start: datetime, length: timedelta, home: tzinfo
) -> dict[str, Any]:
    """The instance of ``master`` that starts at ``start``, as Google lists it."""
    inherited = {name: value for name, value in master.items() if name not in _NOT_INHERITED}
    begins = _event_time(master["start"], start, home)
    return inherited | {
        "id": instance_id(master, start),
        "recurringEventId": master["id"],
        "originalStartTime": begins,
        "start": begins,
        "end": _event_time(master["end"], start + length, home),
    }


def _event_time(pattern: dict[str, Any], moment: datetime, home: tzinfo) -> dict[str, Any]:
    if "date" in pattern:
        return {"date": moment.date().isoformat()}
    return {**pattern, "dateTime": times.in_zone(moment, home)}
