"""What a delivery asks of an event, and what it stops asking for."""

from typing import Any

import pytest

from shared.booking.desired_event import DesiredEvent
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
    made: dict[str, Any] = new
    desired.answered(new, made, before={})
    request = desired.changes(BOOKED, made, is_as_sent=True)
    assert request == {"conferenceData": meet.request("event-1", 2)}
    linked = made | {
        "conferenceData": {**request["conferenceData"], "entryPoints": [VIDEO]},
    }
    desired.answered(request, linked, before=made)

    changes = desired.changes(BOOKED, linked, is_as_sent=True)

    assert VIDEO["uri"] in changes["description"]
    assert desired.concerns_guests(changes, linked)
    desired.answered(changes, linked, before=linked)
    assert desired.changes(BOOKED, linked, is_as_sent=True) == {}


def test_only_an_event_that_is_not_as_we_sent_it_is_corrected() -> None:
    desired = desired_event()
    new = desired.new(BOOKED, "event-1")
    normalised = new | {"summary": "as Google words it"}
    normalised["conferenceData"] = {"entryPoints": [VIDEO]}
    desired.answered(new, normalised, before={})
    assert desired.changes(BOOKED, normalised, is_as_sent=True) == {}
    corrected = desired.changes(BOOKED, normalised, is_as_sent=False)
    assert corrected == {"summary": new["summary"]}


@pytest.mark.parametrize("about", ["attendees", None])
def test_a_refusal_of_what_was_not_asked_for_is_raised(about: str | None) -> None:
    with pytest.raises(Refused):
        desired_event().give_up(Refused("insert: 400", about), {"attendees": []}, {})


def test_meet_is_given_up_once() -> None:
    desired, refusal = desired_event(), Refused("insert: 400", "conference")
    desired.give_up(refusal, {}, {})
    assert "conferenceData" not in desired.new(BOOKED, "event-1")
    with pytest.raises(Refused):
        desired.give_up(refusal, {}, {})
