"""A small language school: five classes to be booked and what its calendar holds already."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Fields = dict[str, Any]


def sample_classes(zone: ZoneInfo) -> dict[str, Fields]:
    """Classes `sample-1` .. `sample-5`, paid and not booked, by document id."""
    alone: Fields = {"classType": "individual", "classPrice": 18000}
    group: Fields = {"classType": "grupal", "classPrice": 9500}
    written_as_text = {  # as some writers do
        key: moment.isoformat() for key, moment in _span(zone, 5, "18:00", "19:30").items()
    }
    classes: list[Fields] = [
        _span(zone, 2, "10:00", "11:00")
        | alone
        | {"studentEmail": "lucia.fernandez@example.com", "learningFocus": "Inglés conversacional"},
        _span(zone, 3, "17:30", "19:00")
        | group
        | {
            "studentEmail": "mateo.gomez@example.com",
            "learningFocus": "Preparación para el First Certificate",
            "maxParticipants": 6,
        },
        _span(zone, 4, "09:00", "10:00") | alone | {"studentEmail": "sofia.pereyra@example.com"},
        written_as_text
        | group
        | {
            "studentEmail": "valentina.rios@example.com",
            "learningFocus": "Inglés para viajar",
            "maxParticipants": 8,
        },
        _span(zone, 8, "20:00", "21:00")
        | alone
        | {
            "studentEmail": "joaquin.acosta@example.com",
            "learningFocus": "Entrevistas de trabajo: presentarse, negociar, preguntar",
        },
    ]
    return {
        f"class-{number}": {"preferenceId": f"sample-{number}", "status": "pending", **fields}
        for number, fields in enumerate(classes, 1)
    }


def sample_events(zone: ZoneInfo) -> list[Fields]:
    """What the admin entered by hand, as Calendar's `events.insert` takes it."""
    meeting = {"summary": "Reunión de profesores", "recurringEventId": "meeting"}
    training_day = {
        which: {"date": str(_day(zone, days))} for which, days in (("start", 6), ("end", 7))
    }
    return [
        *(meeting | _times(zone, 1 + 7 * week, "08:00", "08:45") for week in range(8)),
        {"summary": "Jornada de capacitación", **training_day},
        {"summary": "Examen de nivel", "status": "tentative"} | _times(zone, 2, "15:00", "16:30"),
        {"summary": "Horario de consulta (no ocupa lugar)", "transparency": "transparent"}
        | _times(zone, 3, "12:00", "13:00"),
    ]


def _day(zone: ZoneInfo, days: int) -> date:
    """So many days from today on, as the school's clocks show it."""
    return datetime.now(zone).date() + timedelta(days=days)


def _span(zone: ZoneInfo, days: int, start: str, end: str) -> dict[str, datetime]:
    clocks = (("startTime", start), ("endTime", end))
    day = _day(zone, days)
    return {key: datetime.combine(day, time.fromisoformat(at), zone) for key, at in clocks}


def _times(zone: ZoneInfo, days: int, start: str, end: str) -> Fields:
    begins, ends = _span(zone, days, start, end).values()
    return {
        which: {"dateTime": moment.isoformat(), "timeZone": zone.key}
        for which, moment in (("start", begins), ("end", ends))
    }
