"""What a delivery asks of an event that it has seen before."""

from typing import Any

from shared.booking.wish import Wish
from shared.calendar import meet
from shared.deadline import Deadline
from tests.unit.samples import claimed, settings, virtual_class

BOOKED = virtual_class(studentEmail=None)
VIDEO = {"entryPointType": "video", "uri": "https://meet.example/abc"}


def test_a_late_link_is_mailed_once_whatever_google_shows_of_it() -> None:
    wish = Wish(claimed(), settings(), Deadline(8))
    made: dict[str, Any] = wish.new_event(BOOKED, "event-1")
    wish.answered(made, made, before={})
    request = wish.changes(BOOKED, made, as_sent=True)
    assert request == {"conferenceData": meet.request("event-1", 2)}
    linked = made | {"conferenceData": {**request["conferenceData"], "entryPoints": [VIDEO]}}
    wish.answered(request, linked, before=made)

    changes = wish.changes(BOOKED, linked, as_sent=True)

    assert VIDEO["uri"] in changes["description"]
    assert wish.concerns_guests(changes, linked)
    wish.answered(changes, linked, before=linked)
    assert wish.changes(BOOKED, linked, as_sent=True) == {}
