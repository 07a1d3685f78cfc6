"""A class's fields: how each is read, which values make the class unusable, the fingerprint."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, strategies

from shared.calendar.wanted import wanted_event
from shared.classes.virtual_class import ClassType, Status, read_class
from tests.unit.samples import NAME, document, settings, virtual_class

BLANKS = (None, "", "  ")
ARGENTINA = timezone(timedelta(hours=-3))
START = datetime(2031, 3, 14, 20, tzinfo=UTC)
OTHER_TYPES: list[Any] = [True, ["x"], {"seconds": 1}, b"x", object()]

READ: dict[str, list[tuple[Any, Any]]] = {
    "start": [
        ("2031-03-14T17:00:00-03:00", START),
        (" 2031-03-14t20:00:00.999999999z\n", START),
        (START + timedelta(milliseconds=125), START),
        (START.astimezone(ARGENTINA), START),
    ],
    "learning_focus": [
        (None, ""),
        (" \n ", ""),
        ("Uno\nDos <b>& {0}%s 🎓 ", "Uno\nDos <b>& {0}%s 🎓"),
        ("a\0b\x1b[31m\r\nBcc: x\x85", "a b [31m\nBcc: x"),
        ("a\rb\vc\fd\x85e\u2028f\u2029g", "a\nb\nc\nd\ne\nf\ng"),
        ("a\u202eb\u2066c\u2069", "a b c"),
        *((f"a{override}b", "a b") for override in "\u202a\u202b\u202c\u202d\u2067\u2068"),
        ("x" * 4000 + "  ", "x" * 4000),
        ("x" * 4001, "x" * 3999 + "…"),
        *((value, "") for value in (7, *OTHER_TYPES)),
    ],
    "max_participants": [
        *((value, value) for value in (None, 1, 2**62)),
        (4.0, 4),
        *((value, None) for value in ("4", 4.5, 0, -1, float("nan"), float("inf"), *OTHER_TYPES)),
    ],
    "student_name": [
        (None, ""),
        (" Ana\nMaría ", "Ana María"),
        ("Ana\r\u202eMaría", "Ana María"),
        ("x" * 101, "x" * 99 + "…"),
    ],
    "participant_emails": [
        *((value, ()) for value in (None, [], "ana@example.com", *OTHER_TYPES)),
        (
            ["bob@example.com", " eva@example.com ", "eva", 7],
            ("bob@example.com", "eva@example.com"),
        ),
    ],
    "class_type": [(" Individual ", ClassType.INDIVIDUAL), ("GRUPAL", ClassType.GROUP)],
    "student_email": [
        (" Ana@Example.com ", "Ana@Example.com"),
        ("o'ana+class@ñu.example", "o'ana+class@ñu.example"),
        *((blank, None) for blank in BLANKS),
        *((text, None) for text in ("ana", "a@b", "a b@example.com", "a@@example.com")),
        *((text, None) for text in ("<ana@example.com>", "a.@example.com", "ana@.example.com")),
        *((text, None) for text in ("ana@example.com\r\nBcc: x@y.example", "a\0@example.com")),
        ("x" * 65 + "@example.com", None),
        ("a" * 100_000 + "@example.com", None),
        *((value, None) for value in (7, *OTHER_TYPES)),
    ],
}
FIELDS = {
    "start": "startTime",
    "learning_focus": "learningFocus",
    "max_participants": "maxParticipants",
    "student_email": "studentEmail",
    "student_name": "studentName",
    "participant_emails": "participantEmails",
    "class_type": "classType",
}


@pytest.mark.parametrize("attribute", READ)
def test_how_a_field_is_read(attribute: str) -> None:
    for value, expected in READ[attribute]:
        assert getattr(virtual_class(**{FIELDS[attribute]: value}), attribute) == expected, value


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
def test_a_bad_field_is_named_and_its_value_is_not_repeated(field: str) -> None:
    for value in BAD[field]:
        reading = read_class(NAME, document(**{field: value}))
        assert reading.virtual_class is None
        [problem] = reading.problems
        assert problem.startswith(field), value
        assert not isinstance(value, str) or len(value) < 4 or value not in problem


def test_all_bad_fields_are_named_at_once() -> None:
    reading = read_class("a/" + "x" * 1025, {"status": "?", "preferenceId": 7})
    named = {problem.partition(" ")[0] for problem in reading.problems}
    fields = {"status", "startTime", "endTime", "classType", "preferenceId"}
    assert named == fields | {"the"}


LEFT_OUT: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({}, ()),
    ({"learningFocus": ["x"], "studentName": 7}, ("learningFocus", "studentName")),
    ({"classType": "grupal", "maxParticipants": 0}, ("maxParticipants",)),
    ({"classType": "individual", "maxParticipants": 0}, ()),
    ({"participantEmails": ["eva"]}, ("participantEmails",)),
    ({"participantEmails": "eva@example.com"}, ("participantEmails",)),
    ({"participantEmails": [f"{n}@example.com" for n in range(201)]}, ("participantEmails",)),
    ({"studentEmail": "ana"}, ()),
]


@pytest.mark.parametrize(("changes", "fields"), LEFT_OUT)
def test_what_an_event_can_do_without_is_left_out_and_told(
    changes: dict[str, Any], fields: tuple[str, ...]
) -> None:
    assert read_class(NAME, document(**changes)).left_out == fields


def test_nobody_is_invited_twice_and_the_student_comes_first() -> None:
    others = ["Bob@example.com", "ANA@example.com", "bob@example.com", "eva@example.com"]
    guests = virtual_class(participantEmails=others).guests
    assert guests == ("ana@example.com", "Bob@example.com", "eva@example.com")


@given(strategies.text())
def test_any_text_becomes_clean_lines(text: str) -> None:
    lines = virtual_class(learningFocus=text).learning_focus
    assert not {*lines} & {*"\r\v\f\x85\u2028\u2029\u202e\u2066\0"}
    assert virtual_class(learningFocus=lines).learning_focus == lines


ANYTHING = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats()
    | strategies.text() | strategies.binary() | strategies.emails() | strategies.datetimes(),
    lambda each: strategies.lists(each) | strategies.dictionaries(strategies.text(), each),
    max_leaves=5,
)  # fmt: skip
OPTIONAL = (
    *("studentEmail", "studentName", "participantEmails", "learningFocus", "maxParticipants"),
    "heldUntil",
)


@given(strategies.fixed_dictionaries({}, optional=dict.fromkeys(OPTIONAL, ANYTHING)))
def test_nothing_that_an_event_can_do_without_refuses_a_class(odd: dict[str, Any]) -> None:
    reading = read_class(NAME, document(classType="grupal", **odd))
    assert reading.virtual_class and not reading.problems
    assert {*reading.left_out} <= {*OPTIONAL}
    assert reading.virtual_class.fingerprint
    title, description = (
        wanted_event(reading.virtual_class, settings(), late_link=None)[key]
        for key in ("summary", "description")
    )
    assert len(title) < 150 and len(description) <= 8000


def test_the_status_is_read_whatever_else_is_bad() -> None:
    good = [(status.value, status) for status in Status]
    for text, status in [(None, Status.PENDING), *good, ("?", None)]:
        assert read_class(NAME, {"status": text, "classType": "?"}).status is status


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
        {"learningFocus": " Uno\r\nDos\n\n\tTres "},
        "16f5ad8220c1e0af7d5d60b0336638214f964daf31f68ab54e8be0b98961d509",
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
        {"participantEmails": ["bob@example.com", "eva@example.com"]},
    ]
    fingerprints = {virtual_class(**change).fingerprint for change in changes}
    copied = read_class(f"{NAME}-copy", document()).virtual_class
    assert copied
    fingerprints |= {copied.fingerprint, virtual_class().fingerprint}
    assert len(fingerprints) == len(changes) + 2
    same = virtual_class(startTime=START, status="scheduled", color="blue", meetLink="x")
    assert same.fingerprint == virtual_class().fingerprint
