"""What a delivery asks of an event, and what it stops asking for."""

from typing import Any

import pytest

from shared.booking.desired_event import DesiredEvent, Request
from shared.calendar import meet
from shared.calendar.answers import Refused
from tests.unit.samples import claimed, settings, virtual_class

BOOKED = virtual_class(studentEmail=None)
VIDEO = {"entryPointType": "video", "uri": "https://meet.example/abc"}


def desired_event() -> DesiredEvent:
    return DesiredEvent(claimed(), settings())


def test_a_late_link_is_mailed_once_whatever_google_shows_of_it() -> None:
    desired = desired_event()
    new = desired.new(BOOKED, "event-1")
    made: dict[str, Any] = new.body
    desired.answered(new, made)
    request = desired.changes(BOOKED, made, is_as_sent=True)
    assert request == Request({"conferenceData": meet.request("event-1", 2)}, [])
    assert not request.concerns_guests
    conference = {**request.body["conferenceData"], "entryPoints": [VIDEO]}
    linked = made | {"conferenceData": conference}
    desired.answered(request, linked)

    changes = desired.changes(BOOKED, linked, is_as_sent=True)

    assert VIDEO["uri"] in changes.body["description"]
    assert changes.concerns_guests
    desired.answered(changes, linked)
    assert desired.changes(BOOKED, linked, is_as_sent=True).body == {}


def test_guests_are_mailed_for_time_and_guests_but_not_for_words_or_an_attempt_at_a_link() -> None:
    fields = (*desired_event().new(BOOKED, "event-1").body, "attendees")
    mailed = {field for field in fields if Request({field: 1}, []).concerns_guests}
    assert mailed == {"start", "end", "attendees"}


def test_only_an_event_that_is_not_as_we_sent_it_is_corrected() -> None:
    desired = desired_event()
    new = desired.new(BOOKED, "event-1")
    conference = {"entryPoints": [VIDEO]}
    normalised = new.body | {"summary": "as Google words it", "conferenceData": conference}
    desired.answered(new, normalised)
    assert desired.changes(BOOKED, normalised, is_as_sent=True).body == {}
    corrected = desired.changes(BOOKED, normalised, is_as_sent=False)
    assert corrected.body == {"summary": new.body["summary"]}


@pytest.mark.parametrize("about", ["attendees", None])
def test_a_refusal_of_what_was_not_asked_for_is_raised(about: str | None) -> None:
    with pytest.raises(Refused):
        desired_event().give_up(Refused("insert: 400", about), Request({"attendees": []}, []))


def test_meet_is_given_up_once() -> None:
    desired, refusal = desired_event(), Refused("insert: 400", "conference")
    desired.give_up(refusal, Request({}, []))
    assert "conferenceData" not in desired.new(BOOKED, "event-1").body
    with pytest.raises(Refused):
        desired.give_up(refusal, Request({}, []))
