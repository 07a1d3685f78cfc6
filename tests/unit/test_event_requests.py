"""What a delivery asks of an event, and what it stops asking for."""

from typing import Any

import pytest

from shared.booking.event_requests import EventRequests, Request
from shared.calendar import meet
from shared.calendar.answers import Refused
from tests.unit.samples import claimed, settings, virtual_class

BOOKED = virtual_class(studentEmail=None)
VIDEO = {"entryPointType": "video", "uri": "https://meet.example/abc"}


def event_requests() -> EventRequests:
    requests = EventRequests(claimed(), settings())
    requests.turn_to(BOOKED, None)
    return requests


def test_a_late_link_is_mailed_once_whatever_google_shows_of_it() -> None:
    requests = event_requests()
    new = requests.new("event-1")
    made: dict[str, Any] = new.body | {"etag": "1"}
    requests.answered(new, made)
    request = requests.changes(made)
    assert request == Request({"conferenceData": meet.request("event-1", 2)})
    assert not request.concerns_guests
    conference = {**request.body["conferenceData"], "entryPoints": [VIDEO]}
    linked = made | {"conferenceData": conference, "etag": "2"}
    requests.answered(request, linked)

    changes = requests.changes(linked)

    assert VIDEO["uri"] in changes.body["description"]
    assert changes.concerns_guests
    requests.answered(changes, linked)
    assert requests.changes(linked).body == {}


def test_guests_are_mailed_for_time_and_guests_but_not_for_words_or_an_attempt_at_a_link() -> None:
    fields = (*event_requests().new("event-1").body, "attendees")
    mailed = {field for field in fields if Request({field: 1}).concerns_guests}
    assert mailed == {"start", "end", "attendees"}


def test_only_an_event_that_is_not_as_we_sent_it_is_corrected() -> None:
    requests = event_requests()
    new = requests.new("event-1")
    conference = {"entryPoints": [VIDEO]}
    normalised = new.body | {"summary": "as Google words it", "conferenceData": conference}
    as_sent = normalised | {"etag": "1"}
    requests.answered(new, as_sent)
    assert requests.changes(as_sent).body == {}
    corrected = {"summary": new.body["summary"]}
    assert requests.changes(normalised | {"etag": "2"}).body == corrected
    requests.turn_to(BOOKED, as_sent)
    assert requests.changes(as_sent).body == corrected


@pytest.mark.parametrize("about", ["attendees", None])
def test_a_refusal_of_what_was_not_asked_for_is_raised(about: str | None) -> None:
    with pytest.raises(Refused):
        event_requests().give_up(Refused("insert: 400", about))


def test_meet_is_given_up_once() -> None:
    requests, refusal = event_requests(), Refused("insert: 400", "conference")
    requests.give_up(refusal)
    assert "conferenceData" not in requests.new("event-1").body
    with pytest.raises(Refused):
        requests.give_up(refusal)
