"""`infra/local.sh --once`: books one class over HTTP, tells what happened, and checks it."""

import json
from datetime import datetime
from typing import Any

import requests

from infra.local.demo.school import DemoSchool, Object

_CLASS, _PREFERENCE = "class-1", "sample-1"
_BOOKED = {"success": True, "message": "Event created successfully"}
_OF_THE_CLASS = ("status", "learningFocus", "studentEmail", "startTime", "endTime")
_OF_ITS_RECORD = ("status", "googleEventId", "meetLink", "studentInvited")
_OF_THE_EVENT = ("summary", "description", "start", "end", "hangoutLink")


class TourError(Exception):
    """Something is not as it should be; the text says what."""


def book_one(url: str, school: DemoSchool) -> None:
    """A class before and after its booking, its event and the listing. Raises TourError."""
    _tell("The class, paid for and not booked", school.read(_CLASS), _OF_THE_CLASS)
    _book(url)
    event = _event(school)
    _tell("Its event", event, _OF_THE_EVENT)
    _tell("The class, booked", school.read(_CLASS), _OF_ITS_RECORD)
    print(f"\nGET {url}", flush=True)
    listing = _answered(requests.get(url, timeout=60))
    listed = [slot for slot in listing if _same_span(slot, event)]
    _check(len(listed) == 1, "The listing lacks the slot of the class.")
    print(f"  {len(listing)} spans are taken, among them {json.dumps(listed[0])}", flush=True)
    _book(url)
    _check(_event(school)["etag"] == event["etag"], "The second POST changed the event.")
    print(f"\n{_PREFERENCE} is booked, and a second POST has changed nothing.", flush=True)


def _book(url: str) -> None:
    body = {"preferenceId": _PREFERENCE}
    print(f"\nPOST {url} {json.dumps(body)}", flush=True)
    answer = _answered(requests.post(url, json=body, timeout=60))
    print(f"  {json.dumps(answer)}", flush=True)
    _check(answer == _BOOKED, f"The answer is not {json.dumps(_BOOKED)}.")


def _event(school: DemoSchool) -> Object:
    found = school.events_of(_CLASS)
    _check(len(found) == 1, f"The calendar has {len(found)} events of the class instead of one.")
    return found[0]


def _same_span(slot: Object, event: Object) -> bool:
    return all(
        datetime.fromisoformat(slot[key]["dateTime"])
        == datetime.fromisoformat(event[key]["dateTime"])
        for key in ("start", "end")
    )


def _answered(answer: requests.Response) -> Any:
    """The answer's JSON. Raises TourError unless the status is 200."""
    asked = f"{answer.request.method} {answer.url}"
    _check(answer.status_code == 200, f"{asked} answered {answer.status_code}: {answer.text}")
    return answer.json()


def _tell(title: str, of: Object, names: tuple[str, ...]) -> None:
    print(f"\n{title}:")
    for name in names:
        value = of.get(name)
        if isinstance(value, dict):
            value = value["dateTime"]
        text = json.dumps(value) if isinstance(value, bool) else str(value)
        print(f"  {name:14} {' | '.join(text.splitlines())}", flush=True)


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise TourError(otherwise)
