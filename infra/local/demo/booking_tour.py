"""`infra/local.sh --once`: books one class over HTTP, shows what happened, and checks it."""

import http.client
import json
from contextlib import closing
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from google.cloud import firestore

from infra.local.google.client import Control

Object = dict[str, Any]
_PREFERENCE = "sample-1"
_TELLING = (
    "id", "summary", "description", "start", "end", "hangoutLink", "attendees", "reminders",
    "extendedProperties",
)  # fmt: skip
_BOOKED = {"success": True, "message": "Event created successfully"}


class TourError(Exception):
    """Something is not as it should be; the text says what."""


def book_one(url: str, documents: firestore.CollectionReference, google: Control) -> None:
    """Show a class before and after its booking, its event and the listing. Raises TourError."""
    _show("The class before", _class(documents))
    _book(url)
    booked = _class(documents)
    _show("The class after", booked)
    event = _event(google)
    _show("Its event", {key: event.get(key) for key in _TELLING})
    listing = json.loads(_call("GET", url))
    _show(f"GET {url}", listing)
    _check_record(booked, event)
    _check_times(booked, event)
    _check(
        any(_same_span(slot, event) for slot in listing), "The listing lacks the slot of the class."
    )
    _book(url)
    _check(_event(google)["etag"] == event["etag"], "The second POST changed the event.")
    print(f"\n{_PREFERENCE} is booked, and a second POST has changed nothing.", flush=True)


def _class(documents: firestore.CollectionReference) -> Object:
    query = documents.where(filter=firestore.FieldFilter("preferenceId", "==", _PREFERENCE))
    found = [document.to_dict() for document in query.stream()]
    _check(len(found) == 1, f"{len(found)} classes have the preferenceId {_PREFERENCE}.")
    return found[0] or {}


def _book(url: str) -> None:
    body = json.dumps({"preferenceId": _PREFERENCE})
    answer = json.loads(_call("POST", url, body))
    _show(f"POST {url} {body}", answer)
    _check(answer == _BOOKED, f"The answer is not {json.dumps(_BOOKED)}.")


def _event(google: Control) -> Object:
    def preference(event: Object) -> object:
        return event.get("extendedProperties", {}).get("private", {}).get("preferenceId")

    found = [event for event in google.events() if preference(event) == _PREFERENCE]
    _check(len(found) == 1, f"The calendar has {len(found)} events of the class instead of one.")
    return found[0]


def _check_record(booked: Object, event: Object) -> None:
    expected = {
        "googleEventId": event["id"],
        "htmlLink": event["htmlLink"],
        "meetLink": event["hangoutLink"],
        "status": "scheduled",
        "studentInvited": True,
    }
    wrong = [key for key, value in expected.items() if booked.get(key) != value]
    _check(not wrong, f"The class does not match its event in: {', '.join(wrong)}.")
    leftover = sorted({"calendarClaim", "calendarError"} & booked.keys())
    _check(not leftover, f"The class still has: {', '.join(leftover)}.")


def _check_times(booked: Object, event: Object) -> None:
    for key, time in (("start", "startTime"), ("end", "endTime")):
        moment = datetime.fromisoformat(event[key]["dateTime"])
        _check(moment == booked[time], f"The event's {key} is not the class's.")
    guests = [guest["email"] for guest in event.get("attendees", [])]
    _check(guests == [booked["studentEmail"]], "The student is not the event's guest.")


def _same_span(slot: Object, event: Object) -> bool:
    return all(
        datetime.fromisoformat(slot[key]["dateTime"])
        == datetime.fromisoformat(event[key]["dateTime"])
        for key in ("start", "end")
    )


def _call(method: str, url: str, body: str | None = None) -> bytes:
    """The answer's body. Raises TourError unless the status is 200."""
    address = urlsplit(url)
    with closing(http.client.HTTPConnection(address.netloc, timeout=60)) as connection:
        connection.request(method, address.path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
    _check(answer.status == 200, f"{method} {url} answered {answer.status}: {content.decode()}")
    return content


def _show(title: str, value: Object | list[Object]) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True, default=str)
    print(f"\n{title}:\n{text}", flush=True)


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise TourError(otherwise)
