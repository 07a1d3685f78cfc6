"""Whom a delivery adds to an event and takes off it, and how it finds an address that Google
refuses without naming it."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared import log
from shared.booking.invitations import Invitations, invited
from shared.calendar import guests
from shared.classes.virtual_class import VirtualClass
from tests.unit.samples import claimed, class_document, virtual_class

ANA, BOB, EVA = "ana@example.com", "bob@example.com", "eva@example.com"
TEACHER = "teacher@school.example"
ROOM = {"email": "room@resource.example", "resource": True}
OWNER = {"email": "admin@school.example", "organizer": True, "self": True}

Object = dict[str, Any]


def group(*participants: str, student: str | None = ANA) -> VirtualClass:
    emails = list(participants)
    return virtual_class(classType="grupal", studentEmail=student, participantEmails=emails)


def invitations(**written: Any) -> Invitations:
    """Of a claimed class on whose document that is written."""
    return Invitations(claimed(**written))


def added(ours: Invitations, booked: VirtualClass, stands: Object) -> list[str]:
    ours.changes(booked, stands, is_as_sent=False)
    return ours.tried


def event(*attendees: str | Object) -> Object:
    entries = [{"email": each} if isinstance(each, str) else each for each in attendees]
    return {"id": "event-1", "attendees": entries}


CHANGES: list[tuple[list[str], Object, list[str], set[str]]] = [
    # invited before, the event, whom to add, whom to take off
    ([], event(), [ANA, BOB], set()),
    ([ANA, BOB], event(), [ANA, BOB], set()),
    ([ANA, BOB], event(ANA, BOB), [], set()),
    ([ANA], event("ANA@example.com"), [BOB], set()),
    (["Eva@example.com", ANA], event("EVA@example.com", ANA, BOB), [], {EVA}),
    ([EVA], event(EVA, TEACHER, ROOM, OWNER), [ANA, BOB], {EVA}),
    ([], event(EVA, TEACHER, ROOM), [ANA, BOB], set()),
    ([EVA], event(ANA, BOB), [], set()),
    ([EVA, "room@resource.example"], event(ANA, BOB, ROOM), [], set()),
]


@pytest.mark.parametrize(("invited", "stands", "add", "remove"), CHANGES)
def test_whom_to_add_and_to_take_off(
    invited: list[str], stands: Object, add: list[str], remove: set[str]
) -> None:
    ours = invitations(invitedEmails=invited)
    changes = ours.changes(group(BOB), stands, is_as_sent=False)
    assert ours.tried == add
    assert guests.addresses(stands) - guests.addresses(stands | changes) == remove
    assert bool(changes) == bool(add or remove)


def test_nobody_is_taken_off_an_event_as_we_sent_it() -> None:
    """Google may still show whom we have just taken off."""
    assert invitations(invitedEmails=[EVA]).changes(group(), event(ANA, EVA), True) == {}


INDIVIDUAL = virtual_class()
BEFORE: list[tuple[Object, VirtualClass, Object, set[str], bool]] = [
    # the document, the class, the event, whom we invited, whether that is told to be unknown
    ({}, INDIVIDUAL, event(), set(), False),
    ({}, INDIVIDUAL, event(EVA), {EVA}, False),
    ({}, INDIVIDUAL, event(EVA, ROOM, OWNER), {EVA}, False),
    ({}, INDIVIDUAL, event(EVA, TEACHER), set(), True),
    ({}, INDIVIDUAL, event(TEACHER, ROOM), {TEACHER}, False),
    ({"studentInvited": True}, INDIVIDUAL, event(EVA), {EVA}, False),
    ({"studentInvited": False}, INDIVIDUAL, event(TEACHER), set(), False),
    ({}, group(BOB), event(EVA), set(), True),
    ({}, group(BOB), event(ANA), set(), False),
    ({}, group(BOB), event("ANA@example.com", BOB), set(), False),
    ({"invitedEmails": "text"}, INDIVIDUAL, event(EVA), {EVA}, False),
    ({"invitedEmails": []}, INDIVIDUAL, event(EVA), set(), False),
]


@pytest.mark.parametrize(("written", "booked", "stands", "ours", "is_unknown"), BEFORE)
def test_whom_we_invited_to_a_class_booked_before_that_was_noted(
    written: Object, booked: VirtualClass, stands: Object, ours: set[str], is_unknown: bool
) -> None:
    request = log.begin("create_event")
    document = class_document(**{"googleEventId": "event-1", **written})
    assert {*invited(document, booked, stands)} == ours
    assert ("guests_unknown" in request.notices) == is_unknown


def test_nobody_is_added_twice_to_the_same_event() -> None:
    ours, stands = invitations(), event()
    assert added(ours, group(), stands) == [ANA]
    ours.accepted()
    assert added(ours, group(BOB), stands) == [BOB]
    assert added(ours, group(BOB), {}) == [ANA, BOB]


@example(count=199, bad={127})
@given(
    count=st.integers(1, 199),
    bad=st.sets(st.integers(0, 198), max_size=5),
)
def test_every_address_but_the_refused_is_added_once_in_few_attempts(
    count: int, bad: set[int]
) -> None:
    addresses = [f"student{number}@example.com" for number in range(count)]
    refused = {addresses[number] for number in bad if number < count}
    ours, stands = invitations(), event()
    booked, attempts = group(*addresses[1:], student=addresses[0]), 0
    while batch := added(ours, booked, stands):
        attempts += 1
        if refused & {*batch}:
            ours.refused()
        else:
            ours.accepted()
            stands = event(*stands["attendees"], *batch)
    on_event = [each["email"] for each in stands["attendees"]]
    assert sorted(on_event) == sorted({*addresses} - refused)
    if len(refused) == 1:
        assert attempts <= 2 + 2 * count.bit_length()
