"""A class that cannot be booked says so itself, for the school's panel and for reconcile."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud.firestore import DELETE_FIELD

from tests.support.classes import Document
from tests.support.school import Object, School

INVALID = (422, "invalid_virtual_class")
NOT_BOOKABLE = (409, "class_not_bookable")

BAD: dict[str, Object] = {
    "endTime": {"endTime": "after lunch"},
    "startTime": {"startTime": None},
    "status": {"status": "canceled"},
    "calendarGeneration": {"calendarGeneration": "one"},
}


def assert_told(school: School, class_id: str, refusal: tuple[int, str]) -> Document:
    """The class tells the failure, and another delivery writes nothing more."""
    before = datetime.now(UTC) - timedelta(minutes=1)
    assert school.refused(class_id) == refusal
    document = school.classes.get(class_id)
    failure: Document = document["calendarError"]
    assert (failure["code"], "calendarClaim" in document) == (refusal[1], False)
    assert before < failure["since"] <= failure["at"]
    assert school.refused(class_id) == refusal
    assert school.classes.get(class_id) == document
    assert school.live() == []
    assert not {*school.calls()} & {"insert", "patch", "delete"}
    return failure


@pytest.mark.parametrize(("field", "fields"), BAD.items(), ids=BAD)
def test_a_bad_class(school: School, field: str, fields: Object) -> None:
    class_id = school.classes.add(**fields)
    failure = assert_told(school, class_id, INVALID)
    assert failure["message"].startswith(field)
    assert "canceled" not in failure["message"]
    good = school.classes.add()
    bad = {key: school.classes.get(good).get(key, DELETE_FIELD) for key in fields}
    school.follow(class_id, **bad)
    school.settled(class_id)


def days_ago(days: float) -> Object:
    end = datetime.now(UTC) - timedelta(days=days)
    return {"startTime": end - timedelta(hours=1), "endTime": end}


UNBOOKABLE: dict[str, tuple[Object, str]] = {
    "over": (days_ago(0.001), "over"),
    "over and scheduled by hand": ({"status": "Scheduled ", **days_ago(1)}, "over"),
    "completed and over": ({"status": " COMPLETED", **days_ago(1)}, "completed"),
}


@pytest.mark.parametrize(("fields", "word"), UNBOOKABLE.values(), ids=UNBOOKABLE)
def test_a_class_that_was_never_booked_and_cannot_be_any_more(
    school: School, fields: Object, word: str
) -> None:
    class_id = school.classes.add(**fields)
    assert word in assert_told(school, class_id, NOT_BOOKABLE)["message"]


def test_since_is_when_the_first_failure_in_a_row_was(school: School) -> None:
    class_id = school.classes.add(endTime="after lunch")
    first = assert_told(school, class_id, INVALID)
    for changes in ({"classType": "duo"}, {"status": "paid"}):
        school.classes.change(class_id, **changes)
        now = assert_told(school, class_id, INVALID)
        assert now["since"] == first["since"] < now["at"]
    school.classes.change(class_id, status="completed")
    assert assert_told(school, class_id, NOT_BOOKABLE)["since"] == first["since"]


def test_a_booked_class_that_turns_bad_and_good_again(school: School) -> None:
    class_id = school.booked()
    event, end = school.event(), school.classes.get(class_id)["endTime"]
    school.forget()
    school.classes.change(class_id, endTime="after lunch")
    assert school.refused(class_id) == INVALID
    assert school.classes.get(class_id)["calendarError"]["code"] == INVALID[1]
    school.follow(class_id, endTime=end)
    assert school.settled(class_id)["googleEventId"] == event["id"]
    assert (school.event(), school.mails()) == (event, [])


def test_another_delivery_at_work_is_waited_for(school: School) -> None:
    """Whoever holds the claim tells what is wrong; nobody else writes."""
    end = datetime.now(UTC) + timedelta(minutes=1)
    claim = {"token": "of a worker at work", "expiresAt": end}
    class_id = school.classes.add(classType="duo", calendarClaim=claim)
    before = school.classes.get(class_id)
    assert school.refused(class_id) == (503, "creation_in_progress")
    assert school.classes.get(class_id) == before


def test_what_a_dead_worker_left_is_taken_over(school: School) -> None:
    end = datetime.now(UTC) - timedelta(minutes=1)
    claim = {"token": "of a worker that died", "expiresAt": end}
    class_id = school.classes.add(classType="duo", calendarClaim=claim)
    assert_told(school, class_id, INVALID)


STATUSES: list[tuple[Any, str]] = [
    ("SCHEDULED", "booked"),
    ("Cancelled ", "withdrawn"),
    ("Completed", "left"),
]


@pytest.mark.parametrize(("status", "outcome"), STATUSES)
def test_a_status_is_read_whatever_its_case_and_blanks(
    school: School, status: str, outcome: str
) -> None:
    class_id = school.booked()
    school.classes.change(class_id, status=status, learningFocus="Grammar")
    assert school.book(class_id) == (409 if outcome == "withdrawn" else 200)
    assert "calendarError" not in school.classes.get(class_id)
    focus = [event["summary"].partition(": ")[2] for event in school.live()]
    expected = {"booked": ["Grammar"], "withdrawn": [], "left": ["Conversational English"]}
    assert focus == expected[outcome]
