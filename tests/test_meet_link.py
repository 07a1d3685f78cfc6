"""A Meet link that comes late, or never: what is asked of Google, and whom it mails."""

from datetime import timedelta

import pytest

from infra.local.google.control import Control
from infra.local.processes import wait_until
from tests.conftest import Serve
from tests.support.classes import Classes, Document
from tests.support.school import School, entry_point

ANA, BOB = "ana@example.com", "bob@example.com"
GROUP: Document = {"classType": "grupal", "participantEmails": [BOB]}


def assert_link_mailed_once(school: School, *guests: str) -> None:
    """One update since `forget`, which shows the link, and none more for three re-sends."""
    link = entry_point(school.event())
    assert sorted(school.mails()) == [("update", each) for each in guests]
    [class_id] = {each["extendedProperties"]["private"]["virtualClassId"] for each in school.live()}
    assert school.settled(class_id)["meetLink"] == link
    for mail in school.google.invitations()[-len(guests) :]:
        assert mail["event"]["description"].endswith(f"\nEnlace de la clase: {link}")
    school.assert_at_rest(class_id)


def test_nobody_is_mailed_about_attempts_and_everybody_about_the_link(school: School) -> None:
    school.google.meet("failure")
    class_id = school.classes.add(**GROUP)
    refusals = [school.refused(class_id) for _ in range(9)]
    assert {*refusals} == {(503, "meet_link_missing")}
    assert school.mails() == [("invitation", ANA), ("invitation", BOB)]
    school.google.meet("success")
    school.forget()
    assert school.book(class_id) == 200
    assert_link_mailed_once(school, ANA, BOB)


def test_a_link_that_google_makes_between_two_deliveries(
    serve: Serve, classes: Classes, google: Control
) -> None:
    school = School(serve("create_event", CREATE_BUDGET_SECONDS=2), classes, google)
    google.meet("pending", seconds=4)
    class_id = classes.add()
    assert school.refused(class_id) == (503, "meet_link_missing")
    document = classes.get(class_id)
    assert document["googleEventId"] == school.event()["id"]
    assert document["calendarError"]["code"] == "meet_link_missing"
    assert not document.keys() & {"calendarClaim", "meetLink"}
    assert school.mails() == [("invitation", ANA)]
    school.forget()
    assert wait_until(lambda: school.book(class_id) == 200, seconds=10)
    assert_link_mailed_once(school, ANA)


@pytest.mark.parametrize("mode", ["pending", "failure"])
def test_a_link_that_comes_after_a_lost_answer(school: School, mode: str) -> None:
    """The invitation went out without it, though no answer has said so."""
    school.google.meet(mode, times=1, reads=1)
    school.google.fault("insert", "drop", when="after")
    school.booked()
    assert school.mails() == [("invitation", ANA), ("update", ANA)]


def test_a_link_whose_mail_did_not_go_out(school: School) -> None:
    """The patch that would have brought it to the guests is refused for now."""
    school.google.meet("failure", times=2)
    school.google.fault("patch", "status", skip=2, times=-1, status=403, reason="forbidden")
    class_id = school.classes.add()
    assert school.refused(class_id) == (502, "calendar_rejected")
    assert school.mails() == [("invitation", ANA)]
    school.google.clear_faults()
    school.forget()
    assert school.book(class_id) == 200
    assert_link_mailed_once(school, ANA)


def test_a_link_that_was_not_allowed_when_the_class_was_booked(school: School) -> None:
    school.google.meet("not_allowed")
    class_id = school.booked()
    school.google.meet("success")
    school.follow(class_id, learningFocus="Grammar")
    assert_link_mailed_once(school, ANA)


def test_a_late_link_stays_when_the_class_is_moved(school: School) -> None:
    school.google.meet("failure", times=1)
    class_id = school.booked()
    link = entry_point(school.event())
    end = school.classes.get(class_id)["endTime"] + timedelta(minutes=15)
    school.follow(class_id, endTime=end)
    assert school.calls() == ["get", "patch"]
    assert school.mails() == [("update", ANA)]
    assert school.event()["description"].endswith(link)


def test_a_link_that_came_with_the_invitation_is_not_in_the_description(school: School) -> None:
    class_id = school.booked()
    school.follow(class_id, learningFocus="Grammar")
    assert entry_point(school.event()) not in school.event()["description"]
    assert school.mails() == []
