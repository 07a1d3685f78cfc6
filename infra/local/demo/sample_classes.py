"""A small language school: five classes to be booked and what its calendar holds already."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Fields = dict[str, Any]


def sample_classes(zone: ZoneInfo) -> dict[str, Fields]:
    """Classes `sample-1` .. `sample-5`, paid and not booked, by document id."""
    day = _Days(zone)
    classes: list[Fields] = [
        {
            **day.span(2, "10:00", "11:00"),
            "classType": "individual",
            "studentEmail": "lucia.fernandez@example.com",
            "learningFocus": "Inglés conversacional",
            "classPrice": 18000,
        },
        {
            **day.span(3, "17:30", "19:00"),
            "classType": "grupal",
            "studentEmail": "mateo.gomez@example.com",
            "learningFocus": "Preparación para el First Certificate",
            "maxParticipants": 6,
            "classPrice": 9500,
        },
        {
            **day.span(4, "09:00", "10:00"),
            "classType": "individual",
            "studentEmail": "sofia.pereyra@example.com",
            "classPrice": 18000,
        },
        {
            # Some writers store text instead of timestamps.
            **{key: value.isoformat() for key, value in day.span(5, "18:00", "19:30").items()},
            "classType": "grupal",
            "studentEmail": "valentina.rios@example.com",
            "learningFocus": "Inglés para viajar",
            "maxParticipants": 8,
            "classPrice": 9500,
        },
        {
            **day.span(8, "20:00", "21:00"),
            "classType": "individual",
            "studentEmail": "joaquin.acosta@example.com",
            "learningFocus": "Entrevistas de trabajo: presentarse, negociar, preguntar",
            "classPrice": 18000,
        },
    ]
    return {
        f"class-{number}": {"preferenceId": f"sample-{number}", "status": "pending", **fields}
        for number, fields in enumerate(classes, 1)
    }


def sample_events(zone: ZoneInfo) -> list[Fields]:
    """What the admin entered by hand, as Calendar's `events.insert` takes it."""
    day = _Days(zone)
    return [
        *(
            {
                "summary": "Reunión de profesores",
                **day.event(1 + 7 * week, "08:00", "08:45"),
                "recurringEventId": "meeting",
            }
            for week in range(8)
        ),
        {
            "summary": "Jornada de capacitación",
            "start": {"date": day.date(6)},
            "end": {"date": day.date(7)},
        },
        {"summary": "Examen de nivel", **day.event(2, "15:00", "16:30"), "status": "tentative"},
        {
            "summary": "Horario de consulta (no ocupa lugar)",
            **day.event(3, "12:00", "13:00"),
            "transparency": "transparent",
        },
    ]


class _Days:
    """Days from today on, as the school's clocks show them."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._today = datetime.now(zone).date()

    def at(self, days: int, clock: str) -> datetime:
        day = self._today + timedelta(days=days)
        return datetime.combine(day, time.fromisoformat(clock), self._zone)

    def date(self, days: int) -> str:
        return (self._today + timedelta(days=days)).isoformat()

    def span(self, days: int, start: str, end: str) -> dict[str, datetime]:
        return {"startTime": self.at(days, start), "endTime": self.at(days, end)}

    def event(self, days: int, start: str, end: str) -> Fields:
        return {
            key: {"dateTime": self.at(days, clock).isoformat(), "timeZone": self._zone.key}
            for key, clock in (("start", start), ("end", end))
        }
