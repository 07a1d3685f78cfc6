"""A class's fields: how each is read, which values make the class unusable, the fingerprint."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from shared.classes.virtual_class import Status, read_class
from tests.unit.samples import NAME, document, virtual_class

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
        ("a\0b\x1b[31m\r\nBcc: x\x85", "ab[31m\nBcc: x"),
        ("x" * 4000, "x" * 4000),
    ],
    "max_participants": [(None, None), (1, 1), (2**62, 2**62)],
    "student_email": [
        (" Ana@Example.com ", "Ana@Example.com"),
        ("o'ana+class@ñu.example", "o'ana+class@ñu.example"),
        *((blank, None) for blank in BLANKS),
        *((text, None) for text in ("ana", "a@b", "a b@example.com", "a@@example.com")),
        *((text, None) for text in ("<ana@example.com>", "a.@example.com", "ana@.example.com")),
        *((text, None) for text in ("ana@example.com\r\nBcc: x@y.example", "a\0@example.com")),
        ("x" * 65 + "@example.com", None),
        ("a" * 100_000 + "@example.com", None),
    ],
}
FIELDS = {
    "start": "startTime",
    "learning_focus": "learningFocus",
    "max_participants": "maxParticipants",
    "student_email": "studentEmail",
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
    "classType": [None, "", "duo", "GRUPAL", 1, "individual" * 9999, *OTHER_TYPES],
    "status": ["paid", "PENDING", "", 0, *OTHER_TYPES],
    "learningFocus": [7, "x" * 4001, *OTHER_TYPES],
    "studentEmail": [7, *OTHER_TYPES],
    "maxParticipants": ["4", 4.5, 0, -1, float("nan"), float("inf"), *OTHER_TYPES],
    "preferenceId": [7, *OTHER_TYPES],
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
    reading = read_class("a/" + "x" * 1025, {"status": "?", "maxParticipants": 0})
    named = {problem.partition(" ")[0] for problem in reading.problems}
    assert named == {"status", "startTime", "endTime", "classType", "maxParticipants", "the"}


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
        {"learningFocus": " Uno\r\nDos\x0b\tTres "},
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
    ]
    fingerprints = {virtual_class(**change).fingerprint for change in changes}
    copied = read_class(f"{NAME}-copy", document()).virtual_class
    assert copied
    fingerprints |= {copied.fingerprint, virtual_class().fingerprint}
    assert len(fingerprints) == len(changes) + 2
    same = virtual_class(startTime=START, status="scheduled", color="blue", meetLink="x")
    assert same.fingerprint == virtual_class().fingerprint
