"""The event a class becomes: its id, its words, and what is corrected on the one that stands."""

from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.calendar import meet
from shared.calendar.event import has_guest, is_live, owner_class_id
from shared.calendar.wanted import concerns_guests, differences, wanted_event
from shared.classes.document import event_id
from tests.unit.samples import NAME, virtual_class

ZONE = ZoneInfo("America/Argentina/Buenos_Aires")
ID = "nh4q1ss0jgaa2d3tlcgnf8jv5v733ot5dr1ea2497blf96uqqrj0"

Object = dict[str, Any]


def wanted(invite: bool = True, **changes: Any) -> Object:
    return wanted_event(virtual_class(**changes), ZONE, invite=invite)


def test_the_id_of_a_class_that_is_booked_already_stays() -> None:
    assert event_id(NAME, 0) == ID


def test_ids_differ_between_documents_and_generations() -> None:
    names = [f"projects/p/databases/{d}/documents/VirtualClass/{i}" for d in "ab" for i in "12"]
    ids = sorted(event_id(name, generation) for name in names for generation in range(3))
    assert all(one != other for one, other in pairwise(ids))
    assert all(set(each) <= set("0123456789abcdefghijklmnopqrstuv") for each in ids)
    assert all(5 <= len(each) <= 1024 for each in ids)


def test_the_whole_event() -> None:
    zone = ZONE.key
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
        "attendees": [{"email": "ana@example.com"}],
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


def test_nobody_is_invited_without_an_address_or_leave() -> None:
    assert wanted(studentEmail=None)["attendees"] == []
    assert wanted(invite=False)["attendees"] == []


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
    {"attendees": [OWNER, ROOM, ANA, HELPER]},
    {"colorId": "7", "location": "Room 1", "conferenceData": {}},
]


@pytest.mark.parametrize("by_hand", SAME)
def test_what_means_the_same_is_left_alone(by_hand: Object) -> None:
    assert differences(wanted(), stands(**by_hand)) == {}


@pytest.mark.parametrize("guests", [None, [], [OWNER, ROOM]])
def test_an_event_that_nobody_is_invited_to_keeps_owner_and_rooms(guests: Any) -> None:
    assert differences(wanted(invite=False), stands(attendees=guests)) == {}


OTHER: list[tuple[str, Any]] = [
    ("summary", "Dentist"),
    ("summary", None),
    ("description", None),
    ("start", {"dateTime": "2031-03-14T16:00:00-03:00"}),
    ("start", {"date": "2031-03-14"}),
    ("start", "text"),
    ("end", None),
    ("attendees", None),
    ("attendees", [OWNER, HELPER]),
    ("attendees", "text"),
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


def test_another_student_replaces_all_guests() -> None:
    changes = differences(wanted(studentEmail="bob@example.com"), stands(attendees=[ANA]))
    assert changes == {"attendees": [{"email": "bob@example.com"}]}


def test_guests_are_mailed_for_time_link_and_guests_but_not_for_words() -> None:
    mailed = {field for field in (*wanted(), "conferenceData") if concerns_guests({field: 1})}
    assert mailed == {"start", "end", "attendees", "conferenceData"}


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


def test_whose_an_event_is_and_who_is_invited() -> None:
    assert owner_class_id(stands()) == "class-1"
    for properties in (None, "text", {"private": None}, {"private": {"virtualClassId": 7}}):
        assert owner_class_id(stands(extendedProperties=properties)) is None
    assert has_guest(stands(attendees=[ANA]), "ana@example.com")
    assert not has_guest(stands(attendees=[HELPER]), "ana@example.com")
    assert not has_guest(stands(), None)
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
