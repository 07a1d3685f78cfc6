"""What Google's discovery document does not know, the stand-in refuses and remembers."""

import json
from typing import Any

import pytest

from infra.local.google.discovery import NotInDiscovery, check_value
from tests.support.client import Answer
from tests.support.google_api import CALENDAR, GoogleApi, GoogleInProcess, event


def assert_refused(google: GoogleInProcess, answer: Answer, about: str) -> None:
    assert (answer.status, answer.reason) == (400, "notInDiscovery")
    assert about in answer.json["error"]["message"]
    [refusal] = google.refusals()
    assert refusal["message"] == answer.json["error"]["message"]
    assert google.events() == []


BODIES: list[tuple[Any, str]] = [
    ({"title": "x"}, "'title'"),
    ({"start": {"datetime": "2030-01-01T10:00:00Z"}}, "'datetime'"),
    ({"start": {"dateTime": "tomorrow"}}, "Event.start.dateTime"),
    ({"start": {"date": "2030-1-1"}}, "Event.start.date"),
    ({"summary": 5}, "Event.summary"),
    ({"guestsCanModify": "false"}, "Event.guestsCanModify"),
    ({"attendees": {"email": "a@example.org"}}, "Event.attendees"),
    ({"attendees": [{"mail": "a@example.org"}]}, "'mail'"),
    ({"attendees": ["a@example.org"]}, "Event.attendees[]"),
    ({"attendees": [None]}, "Event.attendees[] is null"),
    ({"transparency": "busy"}, "Event.transparency"),
    ({"status": "done"}, "Event.status"),
    ({"reminders": {"overrides": [{"method": "sms", "minutes": 1}]}}, "method"),
    ({"reminders": {"overrides": [{"method": "email", "minutes": "60"}]}}, "minutes"),
    ({"sequence": 2**31}, "Event.sequence"),
    ({"extendedProperties": {"private": {"n": 1}}}, "Event.extendedProperties.private.n"),
    ({"extendedProperties": {"public": {}}}, "'public'"),
    ({"conferenceData": {"createRequest": {"id": "x"}}}, "'id'"),
    ({"hangoutLink": "https://meet.google.com/x"}, "read-only"),
    ({"organizer": {"email": "a@example.org"}}, "read-only"),
    ([], "JSON object"),
    ("text", "JSON object"),
    (None, "JSON object"),
]


@pytest.mark.parametrize(("body", "about"), BODIES)
def test_bodies(google: GoogleInProcess, api: GoogleApi, body: Any, about: str) -> None:
    whole = event(**body) if isinstance(body, dict) else body
    assert_refused(google, api.insert(whole), about)


QUERIES: list[tuple[str, Any, str]] = [
    ("sendInvites", "true", "'sendInvites'"),
    ("sendUpdates", "everybody", "'sendUpdates'"),
    ("sendUpdates", ["all", "none"], "not repeatable"),
    ("conferenceDataVersion", "2", "'conferenceDataVersion'"),
    ("conferenceDataVersion", "one", "'conferenceDataVersion'"),
    ("supportsAttachments", "True", "'supportsAttachments'"),
    ("timeMin", "2030-01-01T00:00:00Z", "'timeMin'"),
    ("fields", "id,link", "link"),
    ("fields", "start/dateTime/hour", "fields"),
    ("fields", "items(id)", "items"),
    ("fields", "start(date", "bracket"),
    *(("fields", text, "fields") for text in ("id,,start", "id)", "id;start")),
    ("alt", "xml", "'alt'"),
]


@pytest.mark.parametrize(("name", "value", "about"), QUERIES)
def test_parameters(
    google: GoogleInProcess, api: GoogleApi, name: str, value: Any, about: str
) -> None:
    assert_refused(google, api.insert(event(), **{name: value}), about)


@pytest.mark.parametrize(
    "query", [{"maxResults": "0"}, {"timeMin": "today"}, {"orderBy": "start"}], ids=str
)
def test_list_parameters(google: GoogleInProcess, api: GoogleApi, query: dict[str, str]) -> None:
    assert_refused(google, api.list(**query), next(iter(query)))


def test_bodies_where_none_belong_and_bodies_that_are_no_json(
    google: GoogleInProcess, api: GoogleApi
) -> None:
    assert_refused(google, api.calendar("DELETE", "/events/class1", {}), "takes no body")
    answer = api.call("POST", f"{CALENDAR}/events", "{")
    assert (answer.status, answer.reason) == (400, "parseError")


@pytest.mark.parametrize(
    "query", [{"syncToken": "x"}, {"q": "x"}, {"orderBy": "updated"}, {"showDeleted": "true"}]
)
def test_what_the_stand_in_lacks(
    google: GoogleInProcess, api: GoogleApi, query: dict[str, str]
) -> None:
    answer = api.list(**query)
    assert (answer.status, answer.reason) == (501, "notInStandIn")
    [refusal] = google.refusals()
    assert (refusal["reason"], refusal["target"]) == ("notInStandIn", f"{CALENDAR}/events")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", f"{CALENDAR}/events/class1"),
        ("POST", f"{CALENDAR}/events/quickAdd"),
        ("GET", CALENDAR),
        ("GET", "/calendar/v3/users/me/calendarList"),
        ("GET", "/drive/v3/files"),
    ],
)
def test_where_there_is_nothing(
    google: GoogleInProcess, api: GoogleApi, method: str, path: str
) -> None:
    assert api.call(method, path).status == 404
    assert [each["target"] for each in google.refusals()] == [path]


def test_the_checker_holds_answers_too() -> None:
    check_value("Events", {"items": [{"id": "x", "start": {"date": "2030-01-01"}}]})
    with pytest.raises(NotInDiscovery, match=r"Events.items\[\].start has no property 'day'"):
        check_value("Events", json.loads('{"items": [{"start": {"day": 1}}]}'))
