"""The classes and events of `school.json`, on days from today on."""

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Fields = dict[str, Any]
_SCHOOL = Path(__file__).parent / "school.json"
_WHEN = ("day", "from", "to", "weeks")


def sample_classes(zone: ZoneInfo) -> dict[str, Fields]:
    """Classes `sample-1` .. `sample-5`, paid and not booked, by document id."""
    classes = {}
    for number, given in enumerate(json.loads(_SCHOOL.read_text())["classes"], 1):
        start, end = (_moment(zone, given, which) for which in ("from", "to"))
        times: Fields = {"startTime": start, "endTime": end}
        if number == 4:  # some writers store text
            times = {key: moment.isoformat() for key, moment in times.items()}
        named = {"preferenceId": f"sample-{number}", "status": "pending"}
        classes[f"class-{number}"] = named | times | _without_times(given)
    return classes


def sample_events(zone: ZoneInfo) -> Iterator[Fields]:
    """What the admin entered by hand, as Calendar's `events.insert` takes it."""
    for given in json.loads(_SCHOOL.read_text())["events"]:
        for week in range(given.get("weeks", 1)):
            event = _without_times(given) | _event_times(zone, given, timedelta(weeks=week))
            yield event | ({"recurringEventId": "weekly"} if "weeks" in given else {})


def _event_times(zone: ZoneInfo, given: Fields, later: timedelta) -> Fields:
    if "from" not in given:
        first = _day(zone, given) + later
        return {"start": {"date": str(first)}, "end": {"date": str(first + timedelta(days=1))}}
    return {
        name: {"dateTime": (_moment(zone, given, which) + later).isoformat(), "timeZone": zone.key}
        for name, which in (("start", "from"), ("end", "to"))
    }


def _moment(zone: ZoneInfo, given: Fields, which: str) -> datetime:
    return datetime.combine(_day(zone, given), time.fromisoformat(given[which]), zone)


def _day(zone: ZoneInfo, given: Fields) -> date:
    return datetime.now(zone).date() + timedelta(days=given["day"])


def _without_times(given: Fields) -> Fields:
    return {key: value for key, value in given.items() if key not in _WHEN}
