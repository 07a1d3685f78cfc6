"""The event a class becomes: its id, its words, and what is corrected on the one that stands."""

from itertools import pairwise
from typing import Any

import pytest

from shared.calendar import guests, meet
from shared.calendar.event import is_live, owner_class_id
from shared.calendar.wanted import concerns_guests, differences, wanted_event
from shared.classes.document import event_id
from tests.unit.samples import NAME, settings, virtual_class

ID = "nh4q1ss0jgaa2d3tlcgnf8jv5v733ot5dr1ea2497blf96uqqrj0"

Object = dict[str, Any]


def wanted(**changes: Any) -> Object:
    return wanted_event(virtual_class(**changes), settings(), late_link=None)


def test_the_id_of_a_class_that_is_booked_already_stays() -> None:
    assert event_id(NAME, 0) == ID


def test_ids_differ_between_documents_and_generations() -> None:
    names = [f"projects/p/databases/{d}/documents/VirtualClass/{i}" for d in "ab" for i in "12"]
    ids = sorted(event_id(name, generation) for name in names for generation in range(3))
    assert all(one != other for one, other in pairwise(ids))
    assert all(set(each) <= set("0123456789abcdefghijklmnopqrstuv") for each in ids)
    assert all(5 <= len(each) <= 1024 for each in ids)


def test_the_whole_event() -> None:
    zone = "America/Argentina/Buenos_Aires"
    assert wanted() == {
        "summary": "Clase individual: Conversational English",
        "description": (
            "Clase individual\n"
            "Enfoque: Conversational English\n"
            "Día: viernes 14 de marzo de 2031\n"
            "Horario: 17:00 a 18:30 (America/Argentina/Buenos_Aires)"
        ),
        "start": {"dateTime": "2031-03-14T17:00:00-03:00", "timeZone": zone},
        "end": {"dateTime": "2031-03-14T18:30:00-03:00", "timeZone": zone},
        "reminders": {"useDefault": False, "overrides": [{"method": "email", "minutes": 60}]},
        "extendedProperties": {
            "private": {
                "virtualClassId": "class-1",
                "preferenceId": "preference-1",
                "managedBy": "virtual-classes",
            }
        },
        "transparency": "opaque",
        "guestsCanInviteOthers": False,
        "guestsCanModify": False,
    }


def test_what_of_it_the_settings_decide() -> None:
    changed = settings(TIME_ZONE="America/New_York", REMINDER_MINUTES="30", LANGUAGE="en")
    event = wanted_event(virtual_class(), changed, late_link="https://meet.example/abc")
    assert event["summary"] == "Individual class: Conversational English"
    assert event["start"]["dateTime"] == "2031-03-14T16:00:00-04:00"
    assert event["reminders"]["overrides"] == [{"method": "email", "minutes": 30}]
    assert event["description"].endswith("\nJoin the class: https://meet.example/abc")


def test_guests_of_a_group_do_not_see_each_other() -> None:
    assert wanted(classType="grupal")["guestsCanSeeOtherGuests"] is False


TITLES: list[tuple[Object, str]] = [
    ({"classType": "grupal"}, "Clase grupal: Conversational English"),
    ({"learningFocus": None}, "Clase individual"),
    ({"learningFocus": " \n "}, "Clase individual"),
    ({"learningFocus": "Uno\nDos  <b>&\ttres"}, "Clase individual: Uno Dos <b>& tres"),
    ({"learningFocus": "x" * 100}, f"Clase individual: {'x' * 100}"),
    ({"learningFocus": "x" * 101}, f"Clase individual: {'x' * 99}…"),
]


@pytest.mark.parametrize(("changes", "title"), TITLES)
def test_the_title_is_one_short_line(changes: Object, title: str) -> None:
    assert wanted(**changes)["summary"] == title


LATE = {"startTime": "2031-03-15T02:30:00Z", "endTime": "2031-03-15T03:30:00Z"}
LINES: list[tuple[Object, str, bool]] = [
    ({"classType": "grupal", "maxParticipants": 8}, "Cupos: 8", True),
    ({"classType": "grupal"}, "Cupos", False),
    ({"classType": "individual", "maxParticipants": 8}, "Cupos", False),
    ({"learningFocus": None}, "Enfoque", False),
    ({"learningFocus": "x" * 300}, f"Enfoque: {'x' * 300}\n", True),
    ({"learningFocus": "Uno\nDos"}, "Enfoque: Uno\nDos\n", True),
    ({"learningFocus": "a <b>& 1 < 2 &lt; R&D"}, "a &lt;b>& 1 < 2 &amp;lt; R&D\n", True),
    ({"studentName": "Ana"}, "Estudiante: Ana\n", True),
    ({"studentName": "Ana", "classType": "grupal"}, "Ana", False),
    (LATE, "23:30 a 00:30", True),
    (LATE, "viernes 14 de marzo", True),
    ({}, "preference-1", False),
    ({}, "ana@example.com", False),
]


@pytest.mark.parametrize(("changes", "text", "is_there"), LINES)
def test_what_the_description_tells(changes: Object, text: str, is_there: bool) -> None:
    assert (text in wanted(**changes)["description"]) == is_there


def stands(**changes: Any) -> Object:
    """The event as Google holds it, after changes by hand; None takes a field away."""
    made = {**wanted(), "id": ID, "status": "confirmed", "etag": '"1"', **changes}
    return {key: value for key, value in made.items() if value is not None}


ANA = {"email": "Ana@Example.com", "responseStatus": "accepted"}
OWNER = {"email": "admin@school.example", "organizer": True, "self": True}
ROOM = {"email": "room@resource.example", "resource": True}
HELPER = {"email": "helper@example.com"}
SAME: list[Object] = [
    {},
    {"start": {"dateTime": "2031-03-14T20:00:00Z"}},
    {"transparency": None, "guestsCanModify": None},
    {"attendees": [OWNER, ROOM, HELPER]},
    {"colorId": "7", "location": "Room 1", "conferenceData": {}},
]


@pytest.mark.parametrize("by_hand", SAME)
def test_what_means_the_same_is_left_alone(by_hand: Object) -> None:
    assert differences(wanted(), stands(**by_hand)) == {}


OTHER: list[tuple[str, Any]] = [
    ("summary", "Dentist"),
    ("summary", None),
    ("description", None),
    ("start", {"dateTime": "2031-03-14T16:00:00-03:00"}),
    ("start", {"date": "2031-03-14"}),
    ("start", "text"),
    ("end", None),
    ("reminders", {"useDefault": True}),
    ("extendedProperties", None),
    ("extendedProperties", {"private": {"virtualClassId": "class-1"}}),
    ("transparency", "transparent"),
    ("guestsCanInviteOthers", None),
    ("guestsCanModify", True),
]


@pytest.mark.parametrize(("field", "by_hand"), OTHER)
def test_what_differs_is_corrected_and_nothing_else(field: str, by_hand: Any) -> None:
    changes = differences(wanted(), stands(**{field: by_hand}))
    assert changes == {field: wanted()[field]}


def test_guests_are_mailed_for_times_and_guests_but_not_for_words() -> None:
    fields = (*wanted(), "attendees", "conferenceData")
    mailed = {field for field in fields if concerns_guests({field: "changed"})}
    assert mailed == {"start", "end", "attendees"}


def test_guests_are_told_apart_from_owner_and_rooms_whatever_their_case() -> None:
    event = stands(attendees=[OWNER, ROOM, ANA, HELPER, None, {}])
    assert guests.is_guest(event, "ANA@example.com")
    assert not guests.is_guest(event, "room@resource.example")
    assert not guests.is_guest(event, None)
    assert guests.without_owner(event) - {""} == {"ana@example.com", "helper@example.com"}
    for nobody in (None, "text", [], [ROOM]):
        assert guests.addresses(stands(attendees=nobody)) == set()


def test_a_changed_guest_list_keeps_whom_nobody_asked_to_remove() -> None:
    event = stands(attendees=[OWNER, ROOM, ANA, HELPER])
    changed = guests.changed(event, ["bob@example.com"], {"ana@example.com"})
    assert changed == [OWNER, ROOM, HELPER, {"email": "bob@example.com"}]
    assert guests.added({"attendees": changed}, event) == ["bob@example.com"]
    assert guests.added(event, event) == []


def with_meet(status: str = "success", request: str = f"{ID}-1", *points: Object) -> Object:
    made = {"requestId": request, "status": {"statusCode": status}}
    return stands(conferenceData={"createRequest": made, "entryPoints": list(points)})


PHONE = {"entryPointType": "phone", "uri": "tel:+1"}
VIDEO = {"entryPointType": "video", "uri": "https://meet.example/abc"}


def test_the_link_is_the_video_entry_point() -> None:
    assert meet.link(with_meet("success", ID, PHONE, VIDEO)) == VIDEO["uri"]
    no_links: list[Any] = [
        None, "text", {}, {"entryPoints": None}, {"entryPoints": [PHONE, None, "x"]},
        {"entryPoints": [{"entryPointType": "video", "uri": 7}]},
    ]  # fmt: skip
    for conference in no_links:
        event = stands(conferenceData=conference)
        assert meet.link(event) is None, conference
        assert not meet.is_pending(event)
    assert meet.is_pending(with_meet("pending"))
    assert not meet.is_pending(with_meet("failure"))


@pytest.mark.parametrize(
    ("last", "following"),
    [(f"{ID}-1", 2), (f"{ID}-9", 10), ("by-hand", 2), ("", 2), (f"{ID}-{'9' * 40}", 2)],
)
def test_each_request_for_a_link_has_an_id_of_its_own(last: str, following: int) -> None:
    """Google ignores a request id that it has seen on the event."""
    [request] = meet.next_request(with_meet("failure", last)).values()
    assert request["requestId"] == f"{ID}-{following}"
    assert meet.request(ID, 1)["createRequest"]["requestId"] == f"{ID}-1"


def test_whose_an_event_is_and_whether_it_stands() -> None:
    assert owner_class_id(stands()) == "class-1"
    for properties in (None, "text", {"private": None}, {"private": {"virtualClassId": 7}}):
        assert owner_class_id(stands(extendedProperties=properties)) is None
    assert is_live(stands()) and not is_live(stands(status="cancelled"))


FIRST_DAYS = (
    "miércoles 1 de enero", "sábado 1 de febrero", "sábado 1 de marzo", "martes 1 de abril",
    "jueves 1 de mayo", "domingo 1 de junio", "martes 1 de julio", "viernes 1 de agosto",
    "lunes 1 de septiembre", "miércoles 1 de octubre", "sábado 1 de noviembre",
    "lunes 1 de diciembre",
)  # fmt: skip


@pytest.mark.parametrize(("month", "day"), list(enumerate(FIRST_DAYS, 1)))
def test_days_and_months_have_their_spanish_names(month: int, day: str) -> None:
    date = f"2031-{month:02}-01"
    times: Object = {"startTime": f"{date}T15:00:00Z", "endTime": f"{date}T16:00:00Z"}
    assert f"Día: {day} de 2031\n" in wanted(**times)["description"]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("pt", ["Aula em grupo", "Foco: Conversational English", "Vagas: 8",
                "Dia: sexta-feira, 14 de março de 2031", "Horário: 17:00 às 18:30"]),
        ("en", ["Group class", "Focus: Conversational English", "Seats: 8",
                "Day: Friday, March 14, 2031", "Time: 17:00 to 18:30"]),
    ],
)  # fmt: skip
def test_other_languages_tell_the_same(language: str, told: list[str]) -> None:
    group = virtual_class(classType="grupal", maxParticipants=8)
    event = wanted_event(group, settings(LANGUAGE=language), late_link=None)
    lines = event["description"].splitlines()
    assert [line.partition(" (")[0] for line in lines] == told


def test_a_description_stays_within_what_calendar_shows() -> None:
    for focus in ("x" * 5000, "<b>" * 2000, "&amp;" * 2000):
        assert len(wanted(learningFocus=focus)["description"]) < 8000
