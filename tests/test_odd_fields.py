"""A paid class is booked whatever is odd about what an event can do without, and that is told.

Which values are odd, and what becomes of each, is in tests/unit/test_virtual_class.py, as tables.
"""

import pytest
from google.cloud.firestore import GeoPoint

from infra.local.google.control import Control
from tests.conftest import Serve
from tests.support.classes import Classes
from tests.support.school import Object, School

GROUP = {"classType": "grupal"}

READ_KINDLY: list[tuple[Object, str]] = [
    ({**GROUP, "maxParticipants": 4.0}, "\nCupos: 4\n"),
    ({"classType": " Individual ", "maxParticipants": 0}, "Clase individual\nEnfoque: "),
    ({"learningFocus": "<b>R&D</b>\x85\u202e& 2 < 3"}, "Enfoque: &lt;b>R&D&lt;/b>\n & 2 < 3\n"),
]


@pytest.mark.parametrize(("fields", "words"), READ_KINDLY)
def test_what_can_be_read_is_and_nothing_is_told(
    school: School, fields: Object, words: str
) -> None:
    school.booked(**fields)
    event, [line] = school.event(), school.function.lines()
    assert words in event["description"]
    assert ("Cupos" in event["description"]) == ("Cupos" in words)
    assert len(event["description"]) <= 8000
    assert not {*event["summary"]} & {*"\n\r\v\f\x85\u2028\u2029\u202e\u2066"}
    assert line["severity"] == "INFO"


LEFT_OUT: list[tuple[Object, str]] = [
    ({"studentName": b"Ana"}, "studentName"),
    ({"participantEmails": ["bob@example.com", "bob", 7]}, "participantEmails"),
    ({**GROUP, "maxParticipants": GeoPoint(1, 2)}, "maxParticipants"),
]


@pytest.mark.parametrize(("fields", "left_out"), LEFT_OUT)
def test_what_cannot_be_used_is_left_out_and_told(
    school: School, fields: Object, left_out: str
) -> None:
    class_id = school.booked(**fields)
    [line] = school.function.lines()
    assert (line["severity"], line["notices"]) == ("WARNING", ["field_left_out"])
    assert line["leftOut"] == [left_out]
    assert "Cupos" not in school.event()["description"]
    expected = [("invitation", "ana@example.com")]
    expected += [("invitation", "bob@example.com")] * (left_out == "participantEmails")
    assert school.mails() == expected
    school.settled(class_id)


WORDS = {
    "es": ("Clase individual: Unit 1", "Estudiante: Ana\nEnfoque: Unit 1\nDía: "),
    "pt": ("Aula individual: Unit 2", "Aluno: Ana\nFoco: Unit 2\nDia: "),
    "en": ("Individual class: Unit 3", "Student: Ana\nFocus: Unit 3\nDay: "),
}


def test_another_language_or_reminder_touches_a_booked_class_only_when_it_changes(
    serve: Serve, classes: Classes, google: Control
) -> None:
    class_id = classes.add(studentName="Ana")
    for number, (language, (title, description)) in enumerate(WORDS.items(), 1):
        served = serve("create_event", LANGUAGE=language, REMINDER_MINUTES=number)
        school = School(served, classes, google)
        assert school.book(class_id) == 200
        assert number == 1 or school.calls() == []
        classes.change(class_id, learningFocus=f"Unit {number}")
        assert school.book(class_id) == 200
        event = school.event()
        assert event["summary"] == title
        assert description in event["description"]
        assert event["reminders"]["overrides"] == [{"method": "email", "minutes": number}]
        google.clear_requests()
    assert school.mails() == [("invitation", "ana@example.com")]
