"""Who is on a class's event, whom Google mails, and who was there by hand: mails are counted."""

from datetime import timedelta

import pytest
from google.cloud.firestore import DELETE_FIELD

from infra.local.google.control import Control
from infra.local.processes import wait_until
from tests.conftest import Serve
from tests.support.classes import Classes, Document
from tests.support.school import Object, School

ANA, BOB, EVA, LEO = (f"{name}@example.com" for name in ("ana", "bob", "eva", "leo"))
TEACHER, ROOM = "teacher@school.example", "room@resource.example"
BY_HAND: list[Object] = [
    {"email": TEACHER, "responseStatus": "accepted"},
    {"email": ROOM, "resource": True},
]
GROUP: Document = {
    "classType": "grupal",
    "maxParticipants": 4,
    "studentEmail": ANA,
    "participantEmails": [BOB, EVA],
}

Mails = list[tuple[str, str]]


def on_event(school: School) -> set[str]:
    """The addresses on the one event, each of which stands there once."""
    addresses = [each["email"] for each in school.event().get("attendees", [])]
    assert len(addresses) == len({*addresses})
    return {*addresses}


def mails(school: School) -> Mails:
    return sorted(school.mails())


def add_by_hand(school: School) -> None:
    """Somebody adds a teacher and a room on Google's page."""
    event = school.event()
    school.google.edit(event["id"], {"attendees": [*event.get("attendees", []), *BY_HAND]})


def invited(*addresses: str) -> Mails:
    return [("invitation", address) for address in addresses]


def uninvited(*addresses: str) -> Mails:
    return [("cancellation", address) for address in addresses]


def test_a_group_is_on_one_event_and_none_sees_the_others(school: School) -> None:
    class_id = school.booked(**GROUP, studentName="Ana María")
    event = school.event()
    assert school.calls() == ["insert"]
    assert mails(school) == invited(ANA, BOB, EVA)
    assert on_event(school) == {ANA, BOB, EVA}
    assert event["guestsCanSeeOtherGuests"] is False
    words = event["summary"] + event["description"]
    assert not any(each in words for each in (ANA, BOB, EVA, "Ana María"))
    document = school.settled(class_id)
    assert sorted(document["invitedEmails"]) == [ANA, BOB, EVA]
    assert document["studentInvited"] is True
    school.assert_at_rest(class_id)


def test_an_individual_class_shows_its_student_and_its_guests(school: School) -> None:
    school.booked(studentName=" Ana\nMaría ", participantEmails=[BOB])
    event = school.event()
    assert "Estudiante: Ana María\n" in event["description"]
    assert "Ana" not in event["summary"]
    assert "guestsCanSeeOtherGuests" not in event
    assert mails(school) == invited(ANA, BOB)


CHANGES: dict[str, tuple[Object, Mails, set[str]]] = {
    "one is added": (
        {"participantEmails": [BOB, EVA, LEO]},
        invited(LEO),
        {ANA, BOB, EVA, LEO},
    ),
    "one is taken off": ({"participantEmails": [BOB]}, uninvited(EVA), {ANA, BOB}),
    "one is corrected": (
        {"participantEmails": ["bob@example.org", EVA]},
        uninvited(BOB) + invited("bob@example.org"),
        {ANA, "bob@example.org", EVA},
    ),
    "the student is corrected": (
        {"studentEmail": "ana@example.org"},
        uninvited(ANA) + invited("ana@example.org"),
        {"ana@example.org", BOB, EVA},
    ),
    "the student gives the place to another": (
        {"studentEmail": BOB, "participantEmails": [EVA]},
        uninvited(ANA),
        {BOB, EVA},
    ),
    "all are exchanged": (
        {"studentEmail": LEO, "participantEmails": []},
        uninvited(ANA, BOB, EVA) + invited(LEO),
        {LEO},
    ),
    "the list is gone": ({"participantEmails": DELETE_FIELD}, uninvited(BOB, EVA), {ANA}),
    "their case and order change": (
        {"studentEmail": "Ana@Example.com", "participantEmails": [EVA, "BOB@example.com"]},
        [],
        {ANA, BOB, EVA},
    ),
}


@pytest.mark.parametrize("by_hand", [False, True], ids=["ours alone", "others by hand"])
@pytest.mark.parametrize(("changes", "sent", "left"), CHANGES.values(), ids=CHANGES)
def test_only_those_are_mailed_whom_a_change_concerns(
    school: School, changes: Object, sent: Mails, left: set[str], by_hand: bool
) -> None:
    class_id = school.booked(**GROUP)
    if by_hand:
        add_by_hand(school)
    school.follow(class_id, **changes)
    assert ("patch" in school.calls()) == bool(sent)
    assert mails(school) == sorted(sent)
    assert on_event(school) == left | ({TEACHER, ROOM} if by_hand else set())
    assert {each.lower() for each in school.settled(class_id)["invitedEmails"]} == left
    if by_hand:
        kept = school.event()["attendees"]
        assert all(any(hand.items() <= each.items() for each in kept) for hand in BY_HAND)
    school.assert_at_rest(class_id)


def test_an_address_that_becomes_invalid_leaves_a_teacher_and_a_room_alone(school: School) -> None:
    class_id = school.booked()
    add_by_hand(school)
    school.follow(class_id, studentEmail="ana at example.com")
    assert on_event(school) == {TEACHER, ROOM}
    assert mails(school) == uninvited(ANA)
    assert school.notices() == ["student_not_invited"]
    assert school.settled(class_id)["studentInvited"] is False


def test_a_class_that_moves_tells_each_guest_once(school: School) -> None:
    class_id = school.booked(**GROUP)
    add_by_hand(school)
    end = school.classes.get(class_id)["endTime"] + timedelta(minutes=15)
    school.follow(class_id, endTime=end, participantEmails=[BOB, LEO])
    told = [("update", each) for each in (ANA, BOB, TEACHER)]
    assert mails(school) == sorted(told + uninvited(EVA) + invited(LEO))


def test_a_class_that_is_cancelled_and_taken_up_again(school: School) -> None:
    class_id = school.booked(**GROUP)
    school.classes.change(class_id, status="cancelled", participantEmails=[BOB])
    school.forget()
    assert school.book(class_id) == 409
    assert mails(school) == uninvited(ANA, BOB, EVA)
    # Kept: an insert that lands late may bring them back, and they must not pass for added by hand.
    assert sorted(school.classes.get(class_id)["invitedEmails"]) == [ANA, BOB, EVA]
    school.follow(class_id, status="pending")
    assert mails(school) == invited(ANA, BOB)
    assert on_event(school) == {ANA, BOB}


def test_more_guests_than_seats_are_invited_and_told(school: School) -> None:
    class_id = school.booked(**{**GROUP, "maxParticipants": 2})
    assert mails(school) == invited(ANA, BOB, EVA)
    assert school.notices() == ["more_guests_than_seats"]
    school.assert_at_rest(class_id)


def test_seats_do_not_bound_an_individual_class(school: School) -> None:
    school.booked(maxParticipants=1, participantEmails=[BOB])
    assert not any("notices" in line for line in school.function.lines())
    assert mails(school) == invited(ANA, BOB)


FOUR = [ANA, BOB, EVA, LEO]


@pytest.mark.parametrize("refused", [ANA, LEO])
def test_one_refused_address_among_four_does_not_keep_the_others_out(
    school: School, refused: str
) -> None:
    school.google.settings(refused_emails=[refused])
    class_id = school.booked(**{**GROUP, "participantEmails": [BOB, EVA, LEO]})
    others = [each for each in FOUR if each != refused]
    assert mails(school) == invited(*others)
    assert on_event(school) == {*others}
    is_student = refused == ANA
    notice = "student_not_invited" if is_student else "participant_not_invited"
    assert school.notices() == [notice]
    document = school.settled(class_id)
    assert sorted(document["invitedEmails"]) == others
    assert document["studentInvited"] is not is_student
    school.assert_at_rest(class_id)


@pytest.mark.parametrize("by_hand", [False, True], ids=["ours alone", "others by hand"])
def test_a_refused_address_that_is_added_and_then_corrected(school: School, by_hand: bool) -> None:
    school.google.settings(refused_emails=["lea@example.com"])
    class_id = school.booked(**GROUP)
    if by_hand:
        add_by_hand(school)
    school.follow(class_id, participantEmails=["lea@example.com", EVA])
    assert mails(school) == uninvited(BOB)
    assert school.notices() == ["participant_not_invited"]
    school.assert_at_rest(class_id)
    school.follow(class_id, participantEmails=["lea@example.com", EVA, BOB])
    assert mails(school) == invited(BOB)
    school.follow(class_id, participantEmails=[LEO, EVA, BOB])
    assert mails(school) == invited(LEO)
    assert on_event(school) == {*FOUR} | ({TEACHER, ROOM} if by_hand else set())
    school.assert_at_rest(class_id)


def test_every_address_is_refused(school: School) -> None:
    school.google.settings(refused_emails=[ANA, BOB, EVA])
    class_id = school.booked(**GROUP)
    assert (school.mails(), on_event(school)) == ([], set())
    assert school.notices() == ["participant_not_invited", "student_not_invited"]
    assert school.settled(class_id)["invitedEmails"] == []
    school.assert_at_rest(class_id)


def test_more_guests_than_google_takes(school: School) -> None:
    """The list is 210 long, nine of which are there twice."""
    many = [f"student{number}@example.com" for number in range(201)]
    class_id = school.booked(classType="grupal", participantEmails=[*many[:9], *many])
    assert len(on_event(school)) == 200
    assert len(mails(school)) == 200
    document, [line] = school.settled(class_id), school.function.lines()
    assert document["studentInvited"] is True
    assert line["leftOut"] == ["participantEmails"]


BEFORE = {"invitedEmails": DELETE_FIELD}
"""What a class did not bear that was booked before guests were noted."""


@pytest.mark.parametrize("room", [False, True], ids=["alone", "with a room"])
def test_the_only_guest_of_an_individual_class_booked_before_is_exchanged(
    school: School, room: bool
) -> None:
    class_id = school.booked()
    if room:
        attendees = [*school.event()["attendees"], BY_HAND[1]]
        school.google.edit(school.event()["id"], {"attendees": attendees})
    school.follow(class_id, studentEmail=LEO, **BEFORE)
    assert mails(school) == uninvited(ANA) + invited(LEO)
    assert on_event(school) == {LEO} | ({ROOM} if room else set())
    assert school.settled(class_id)["invitedEmails"] == [LEO]
    school.assert_at_rest(class_id)


@pytest.mark.parametrize("kind", ["individual", "grupal"])
def test_of_other_classes_booked_before_nobody_is_taken_off(school: School, kind: str) -> None:
    class_id = school.booked(classType=kind)
    add_by_hand(school)
    school.follow(class_id, studentEmail=LEO, **BEFORE)
    assert mails(school) == invited(LEO)
    assert on_event(school) == {ANA, LEO, TEACHER, ROOM}
    assert school.notices() == ["guests_unknown"]
    assert school.settled(class_id)["invitedEmails"] == [LEO]
    school.assert_at_rest(class_id)


@pytest.mark.parametrize("operation", ["insert", "patch"])
def test_a_lost_answer_invites_nobody_twice(school: School, operation: str) -> None:
    class_id = school.classes.add(**GROUP)
    if operation == "patch":
        assert school.book(class_id) == 200
    school.google.fault(operation, "drop", when="after")
    school.follow(class_id, participantEmails=[BOB, LEO])
    sent = uninvited(EVA) + invited(LEO) if operation == "patch" else invited(ANA, BOB, LEO)
    assert mails(school) == sent
    school.assert_at_rest(class_id)


def test_a_correction_after_a_crash_between_the_insert_and_the_record(
    serve: Serve, classes: Classes, google: Control
) -> None:
    function = serve("create_event", CREATE_BUDGET_SECONDS=2, CREATE_LEASE_SECONDS=4)
    school = School(function, classes, google)
    google.fault("insert", "drop", when="after")
    google.fault("get", "status", times=-1)
    class_id = classes.add(**GROUP)
    assert school.book(class_id) == 503
    assert "googleEventId" not in classes.get(class_id)
    google.clear_faults()
    add_by_hand(school)
    classes.change(class_id, studentEmail="ana@example.org", participantEmails=[BOB, LEO])
    assert wait_until(lambda: school.book(class_id) == 200, seconds=10)
    assert mails(school) == sorted(
        invited(ANA, BOB, EVA, "ana@example.org", LEO) + uninvited(ANA, EVA)
    )
    assert on_event(school) == {"ana@example.org", BOB, LEO, TEACHER, ROOM}
    assert sorted(school.settled(class_id)["invitedEmails"]) == ["ana@example.org", BOB, LEO]
    school.assert_at_rest(class_id)


def test_an_event_deleted_by_hand_is_made_anew_for_the_guests_of_the_class(
    school: School,
) -> None:
    class_id = school.booked(**GROUP)
    school.google.remove(school.event()["id"])
    school.follow(class_id, participantEmails=[BOB, LEO])
    assert mails(school) == invited(ANA, BOB, LEO)
    assert on_event(school) == {ANA, BOB, LEO}
    school.assert_at_rest(class_id)


def test_many_refused_addresses_cost_about_one_write_each(school: School) -> None:
    """Google takes its time over each: a delivery has room for some twenty."""
    refused = [f"student{number}@example.com" for number in range(10)]
    school.google.settings(refused_emails=refused)
    school.booked(classType="grupal", participantEmails=[*refused, BOB])
    assert mails(school) == invited(ANA, BOB)
    assert len(school.calls()) <= 20


def test_a_class_joins_an_event_that_others_have_filled_by_hand(school: School) -> None:
    class_id = school.booked(**GROUP)
    event = school.event()
    others = [{"email": f"other{number}@school.example"} for number in range(197)]
    school.google.edit(event["id"], {"attendees": [*event["attendees"], *others]})
    school.follow(class_id, participantEmails=[BOB, EVA, LEO])
    assert school.mails() == []
    assert school.notices() == ["participant_not_invited"]
    school.assert_at_rest(class_id)
    school.follow(class_id, participantEmails=[EVA, LEO])
    assert mails(school) == uninvited(BOB) + invited(LEO)
    assert len(on_event(school)) == 200
