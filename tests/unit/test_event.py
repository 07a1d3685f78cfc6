"""The event a class becomes: its id, its words, and what is corrected on the one that stands."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.calendar import guests, meet
from shared.calendar.event import is_live, owner_class_id
from shared.calendar.wanted import differences, wanted_event
from shared.classes.document import event_id
from tests.unit.samples import NAME, settings, virtual_class

ZONE = ZoneInfo("America/Argentina/Buenos_Aires")
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


def test_settings_have_a_say_in_the_event() -> None:
    event = wanted_event(
        virtual_class(classType="grupal"),
        settings(LANGUAGE="en", REMINDER_MINUTES="30"),
        late_link="https://meet.example/abc",
    )
    assert event["summary"] == "Group class: Conversational English"
    assert event["description"].endswith("\nJoin the class: https://meet.example/abc")
    assert event["reminders"]["overrides"][0]["minutes"] == 30
    assert event["guestsCanSeeOtherGuests"] is False


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
JANUARY = {"startTime": "2031-01-01T15:00:00Z", "endTime": "2031-01-01T16:00:00Z"}
DECEMBER = {"startTime": "2031-12-28T15:00:00Z", "endTime": "2031-12-28T16:00:00Z"}
LINES: list[tuple[Object, str, bool]] = [
    ({"classType": "grupal", "maxParticipants": 8}, "Cupos: 8", True),
    ({"classType": "grupal"}, "Cupos", False),
    ({"classType": "individual", "maxParticipants": 8}, "Cupos", False),
    ({"learningFocus": None}, "Enfoque", False),
    ({"learningFocus": "x" * 300}, f"Enfoque: {'x' * 300}\n", True),
    ({"learningFocus": "Uno\nDos"}, "Enfoque: Uno\nDos\n", True),
    ({"learningFocus": "<b> x<3 & AT&T"}, "Enfoque: &lt;b> x<3 & AT&T\n", True),
    ({"learningFocus": "&copy; &#60; &lt"}, "Enfoque: &amp;copy; &amp;#60; &amp;lt\n", True),
    ({"learningFocus": "Speaking\r\u2028Writing\x07!"}, "Speaking\n\nWriting !", True),
    ({"learningFocus": "safe\u202eetirw\u2066"}, "Enfoque: safe etirw\n", True),
    ({"studentName": " Ana\nMaría "}, "individual\nEstudiante: Ana María\nEnfoque", True),
    ({"studentName": "Ana", "classType": "grupal"}, "Ana", False),
    (LATE, "23:30 a 00:30", True),
    (LATE, "viernes 14 de marzo", True),
    (JANUARY, "Día: miércoles 1 de enero de 2031\n", True),
    (DECEMBER, "Día: domingo 28 de diciembre de 2031\n", True),
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


def test_a_guest_list_is_changed_for_those_named_only() -> None:
    event = stands(attendees=[OWNER, ROOM, ANA, HELPER])
    assert guests.addresses(event) == {
        "admin@school.example",
        "ana@example.com",
        "helper@example.com",
    }
    assert guests.without_owner(event) == {"ana@example.com", "helper@example.com"}
    gone = {"ana@example.com", "room@resource.example"}
    changed = guests.changed(event, ["bob@example.com"], gone)
    assert changed == [OWNER, ROOM, HELPER, {"email": "bob@example.com"}]
    assert guests.changed(stands(attendees="text"), [], {"ana@example.com"}) == []


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
    ("last", "attempt"),
    [(f"{ID}-1", 1), (f"{ID}-9", 9), ("by-hand", 1), ("", 1), (f"{ID}-{'9' * 40}", 1)],
)
def test_each_request_for_a_link_has_an_id_of_its_own(last: str, attempt: int) -> None:
    """Google ignores a request id that it has seen on the event."""
    assert meet.last_attempt(with_meet("failure", last)) == attempt
    assert meet.request(ID, 1)["createRequest"]["requestId"] == f"{ID}-1"


def test_whose_an_event_is_and_whether_it_stands() -> None:
    assert owner_class_id(stands()) == "class-1"
    for properties in (None, "text", {"private": None}, {"private": {"virtualClassId": 7}}):
        assert owner_class_id(stands(extendedProperties=properties)) is None
    assert is_live(stands()) and not is_live(stands(status="cancelled"))


@pytest.mark.parametrize("char", ["<a", "&lt;", "x", "ñ"])
def test_a_description_stays_below_googles_limit(char: str) -> None:
    description = wanted(learningFocus=char * 4000)["description"]
    assert len(description) <= 8000
    assert ("…" in description) == (len(char) > 1)
    assert not re.search("&(?!lt;|amp;)", description)


class Rendered(HTMLParser):
    """What a reader of HTML sees: markup is not text."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data


PIECES = ["<", ">", "&", ";", "#", "x", "3", "/", "!", "?", "--", "[CDATA[", "amp", "lt", "b", "ñ"]


@given(st.lists(st.sampled_from(PIECES)).map("".join) | st.text())
@example("<?x> <!x> </x> <x> < x > <3 <!--x--> <")
@example("&lt; &lt &ltx &amp;amp; &#60; &#x3c; &x; & &;")
def test_a_reader_of_html_sees_what_was_typed(typed: str) -> None:
    sent = wanted(learningFocus=f"-{typed}-")["description"]
    focus = virtual_class(learningFocus=f"-{typed}-").learning_focus
    assert f"\nEnfoque: {focus}\nDía: " in Rendered(sent).text
    if not {*focus} & {*"<&"}:
        assert sent == Rendered(sent).text


LANGUAGES = {
    "es": "Clase grupal|Enfoque: Speaking|Cupos: 4|Día: lunes 1 de septiembre de 2031|"
    "Horario: 17:00 a 18:30 (America/Argentina/Buenos_Aires)",
    "pt": "Aula em grupo|Foco: Speaking|Vagas: 4|Dia: segunda-feira, 1 de setembro de 2031|"
    "Horário: 17:00 às 18:30 (America/Argentina/Buenos_Aires)",
    "en": "Group class|Focus: Speaking|Seats: 4|Day: Monday, September 1, 2031|"
    "Time: 17:00 to 18:30 (America/Argentina/Buenos_Aires)",
}


@pytest.mark.parametrize(("language", "text"), LANGUAGES.items())
def test_the_event_in_each_language_as_a_reader_sees_it(language: str, text: str) -> None:
    group = virtual_class(
        classType="grupal",
        learningFocus="Speaking",
        maxParticipants=4.0,
        startTime="2031-09-01T17:00:00-03:00",
        endTime="2031-09-01T18:30:00-03:00",
    )
    event = wanted_event(group, settings(LANGUAGE=language), late_link=None)
    assert event["description"] == text.replace("|", "\n")
