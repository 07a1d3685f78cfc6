"""What a delivery asks of an event, and what it stops asking for."""

import pytest

from shared.booking.event_requests import EventRequests
from shared.calendar import meet
from shared.calendar.answers import Refused
from shared.calendar.event import Event
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
    made: Event = {**new, "etag": "1"}
    requests.answered(new, made)
    request = requests.changes(made)
    assert request == {"conferenceData": meet.request("event-1", 2)}
    assert not requests.concern_guests(request, made)
    conference = {**request["conferenceData"], "entryPoints": [VIDEO]}
    linked: Event = {**made, "conferenceData": conference, "etag": "2"}
    requests.answered(request, linked)

    changes = requests.changes(linked)

    assert VIDEO["uri"] in changes["description"]
    assert requests.concern_guests(changes, linked)
    requests.answered(changes, linked)
    assert requests.changes(linked) == {}
    later = requests.changes({**linked, "etag": "3"})
    assert later.keys() == {"description"}
    assert not requests.concern_guests(later, linked)


def test_guests_are_mailed_for_time_and_guests_but_not_for_words_or_an_attempt_at_a_link() -> None:
    requests = event_requests()
    new = requests.new("event-1")
    fields = (*new, "attendees")
    mailed = {field for field in fields if requests.concern_guests({field: 1}, new)}
    assert mailed == {"start", "end", "attendees"}


def test_only_an_event_that_is_not_as_we_sent_it_is_corrected() -> None:
    requests = event_requests()
    new = requests.new("event-1")
    conference = {"entryPoints": [VIDEO]}
    normalised = {**new, "summary": "as Google words it", "conferenceData": conference}
    as_sent = {**normalised, "etag": "1"}
    requests.answered(new, as_sent)
    assert requests.changes(as_sent) == {}
    corrected = {"summary": new["summary"]}
    assert requests.changes({**normalised, "etag": "2"}) == corrected
    requests.turn_to(BOOKED, as_sent)
    assert requests.changes(as_sent) == corrected


@pytest.mark.parametrize("about", ["attendees", None])
def test_a_refusal_of_what_was_not_asked_for_is_raised(about: str | None) -> None:
    with pytest.raises(Refused):
        event_requests().give_up(Refused("insert: 400", about))


def test_meet_is_given_up_once() -> None:
    requests, refusal = event_requests(), Refused("insert: 400", "conference")
    requests.give_up(refusal)
    assert "conferenceData" not in requests.new("event-1")
    with pytest.raises(Refused):
        requests.give_up(refusal)
