"""A class's fields: how each is read, which values make the class unusable, the fingerprint."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from shared.classes.virtual_class import Status, read_class
from tests.unit.samples import NAME, document, virtual_class

ARGENTINA = timezone(timedelta(hours=-3))
START = datetime(2031, 3, 14, 20, tzinfo=UTC)
OTHER_TYPES: list[Any] = [True, ["x"], {"seconds": 1}, b"x", object()]

READ: dict[str, tuple[str, list[tuple[Any, Any]]]] = {
    "startTime": (
        "start",
        [
            ("2031-03-14T17:00:00-03:00", START),
            (" 2031-03-14t20:00:00.999999999z\n", START),
            (START + timedelta(milliseconds=125), START),
            (START.astimezone(ARGENTINA), START),
        ],
    ),
    "learningFocus": (
        "learning_focus",
        [
            (None, ""),
            (" \n ", ""),
            ("Uno\nDos <b>& {0}%s 🎓 ", "Uno\nDos <b>& {0}%s 🎓"),
            ("a\0b\x1b[31m\r\nBcc: x\u2028y\u202e", "a b [31m\nBcc: x\ny"),
            ("x" * 4001, "x" * 3999 + "…"),
        ],
    ),
    "studentName": ("student_name", [(None, ""), (" Ana\n López ", "Ana López")]),
    "maxParticipants": ("max_participants", [(None, None), (1, 1), (4.0, 4), (2**62, 2**62)]),
    "studentEmail": (
        "student_email",
        [
            (" Ana@Example.com ", "Ana@Example.com"),
            ("o'ana+class@ñu.example", "o'ana+class@ñu.example"),
            *((blank, None) for blank in (None, "", "  ")),
            *((text, None) for text in ("ana", "a@b", "a b@example.com", "a@@example.com")),
            *((text, None) for text in ("<ana@example.com>", "a.@example.com", "a\0@example.com")),
            *((text, None) for text in ("ana@example.com\r\nBcc: x@y.example", "ana@.example.com")),
            ("x" * 65 + "@example.com", None),
            ("a" * 100_000 + "@example.com", None),
            *((value, None) for value in (7, *OTHER_TYPES)),
        ],
    ),
    "participantEmails": (
        "participant_emails",
        [(None, ()), ([], ()), (["a@b.example", " c@d.example "], ("a@b.example", "c@d.example"))],
    ),
    "classType": ("class_type", [(" Individual ", "individual"), ("GRUPAL", "grupal")]),
}


@pytest.mark.parametrize("field", READ)
def test_how_a_field_is_read(field: str) -> None:
    attribute, rows = READ[field]
    for value, expected in rows:
        reading = read_class(NAME, document(**{field: value}))
        assert getattr(reading.virtual_class, attribute) == expected, value
        assert reading.left_out == ()


BAD_TIMES = [
    None,
    "",
    "soon",
    1_710_522_000_000,
    float("nan"),
    "2031-03-14",
    "2031-03-14T17:00:00",
    "2031-02-30T17:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, tzinfo=UTC),
    *OTHER_TYPES,
]
BAD: dict[str, list[Any]] = {
    "startTime": BAD_TIMES,
    "endTime": [*BAD_TIMES, "2031-03-14T17:00:00-03:00", "2031-03-11T17:00:00-03:00"],
    "classType": [None, "", "duo", 1, "individual" * 9999, *OTHER_TYPES],
    "status": ["paid", "canceled", "", 0, *OTHER_TYPES],
    "preferenceId": [None, 7, *OTHER_TYPES],
}


@pytest.mark.parametrize("field", BAD)
def test_what_no_event_can_do_without_is_named_if_it_is_bad(field: str) -> None:
    for value in BAD[field]:
        reading = read_class(NAME, document(**{field: value}))
        assert reading.virtual_class is None
        [problem] = reading.problems
        assert problem.startswith(field), value
        assert not isinstance(value, str) or len(value) < 4 or value not in problem


LEFT_OUT: dict[str, tuple[Any, list[Any]]] = {
    "learningFocus": ("", [7, *OTHER_TYPES]),
    "studentName": ("", [7, *OTHER_TYPES]),
    "maxParticipants": (None, ["4", 4.5, 0, -1, float("nan"), float("inf"), *OTHER_TYPES]),
    "participantEmails": ((), ["ana@example.com", 7, {"a": 1}, [7], ["ana"], [["x@y.example"]]]),
}


@pytest.mark.parametrize("field", LEFT_OUT)
def test_what_an_event_can_do_without_is_left_out_if_it_is_bad(field: str) -> None:
    missing, values = LEFT_OUT[field]
    for value in values:
        reading = read_class(NAME, document(**{"classType": "grupal", field: value}))
        assert reading.left_out == (field,), value
        assert getattr(reading.virtual_class, READ[field][0]) == missing


def test_seats_matter_to_a_group_only() -> None:
    assert read_class(NAME, document(maxParticipants="four")).left_out == ()


def test_guests_are_the_student_first_and_nobody_twice() -> None:
    many = [f"a{number}@example.com" for number in range(300)]
    assert virtual_class(participantEmails=["B@x.example", "ANA@example.com"]).guests == (
        "ana@example.com",
        "B@x.example",
    )
    assert virtual_class(studentEmail=None, participantEmails=many).guests == tuple(many[:200])
    assert read_class(NAME, document(participantEmails=many)).left_out == ("participantEmails",)


def test_all_bad_fields_are_named_at_once() -> None:
    reading = read_class("a/" + "x" * 1025, {"status": "?", "maxParticipants": 0})
    named = {problem.partition(" ")[0] for problem in reading.problems}
    assert named == {"status", "startTime", "endTime", "classType", "preferenceId", "the"}


def test_the_status_is_read_whatever_else_is_bad() -> None:
    good = [(status.value, status) for status in Status]
    for text, status in [(None, Status.PENDING), (" Cancelled", "cancelled"), *good, ("?", None)]:
        assert read_class(NAME, {"status": text, "classType": "?"}).status == status


STORED_FINGERPRINTS: list[tuple[dict[str, Any], str]] = [
    ({}, "43d82f979b16a53d7926083e4bb93ba93858145e091c081adfa3f552bd0956bd"),
    (
        {"maxParticipants": 1},
        "0884c2bfc4700cca7a1e5bb4bddd1a7dc602b9aedb4df151c23d26ee59ed6963",
    ),
    (
        {"classType": "grupal", "maxParticipants": 8, "studentEmail": None},
        "9ad51eeafff23025640909a862cf004960b641629753842aaec68b76b509074f",
    ),
    (
        {"learningFocus": " Uno\r\nDos\tTres "},
        "8d2977d64c0c8acea3c01ca74dd952d7c659cad1f4ba071e9f1a0b6e46845a4b",
    ),
]


@pytest.mark.parametrize(("changes", "fingerprint"), STORED_FINGERPRINTS)
def test_a_class_that_is_booked_already_does_not_look_changed(
    changes: dict[str, Any], fingerprint: str
) -> None:
    assert virtual_class(**changes).fingerprint == fingerprint


def test_a_fingerprint_follows_what_the_event_shows_and_nothing_else() -> None:
    changes: list[dict[str, Any]] = [
        {"preferenceId": "preference-2"},
        {"startTime": "2031-03-14T16:00:00-03:00"},
        {"endTime": "2031-03-14T19:00:00-03:00"},
        {"classType": "grupal"},
        {"studentEmail": "ana@example.org"},
        {"learningFocus": "Grammar"},
        {"maxParticipants": 2},
        {"studentName": "Ana"},
        {"participantEmails": ["bob@example.com"]},
    ]
    fingerprints = {virtual_class(**change).fingerprint for change in changes}
    copied = read_class(f"{NAME}-copy", document()).virtual_class
    assert copied
    fingerprints |= {copied.fingerprint, virtual_class().fingerprint}
    assert len(fingerprints) == len(changes) + 2
    same = virtual_class(startTime=START, status="scheduled", color="blue", meetLink="x")
    assert same.fingerprint == virtual_class().fingerprint
