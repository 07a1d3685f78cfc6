"""What Google's discovery document does not know, the stand-in refuses and remembers."""

from typing import Any

import pytest

from infra.local.google.client import Control
from infra.local.google.discovery import NotInDiscovery, check_value
from tests.support.stand_in_http import CALENDAR, GoogleApi, event

pytest_plugins = ("tests.support.stand_in_fixtures",)


def assert_refused(google: Control, answer: Any, about: str) -> None:
    assert (answer.status, answer.reason) == (400, "notInDiscovery")
    assert about in answer.json["error"]["message"]
    [refusal] = google.refusals()
    assert refusal["reason"] == "notInDiscovery"
    assert refusal["message"] == answer.json["error"]["message"]
    assert google.events() == []


@pytest.mark.parametrize(
    ("body", "about"),
    [
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
    ],
)
def test_bodies(google: Control, api: GoogleApi, body: Any, about: str) -> None:
    whole = event(**body) if isinstance(body, dict) else body
    assert_refused(google, api.insert(whole), about)


@pytest.mark.parametrize(
    ("query", "about"),
    [
        ({"sendInvites": "true"}, "'sendInvites'"),
        ({"sendUpdates": "everybody"}, "'sendUpdates'"),
        ({"conferenceDataVersion": "2"}, "'conferenceDataVersion'"),
        ({"conferenceDataVersion": "one"}, "'conferenceDataVersion'"),
        ({"supportsAttachments": "True"}, "'supportsAttachments'"),
        ({"sendUpdates": ["all", "none"]}, "not repeatable"),
        ({"timeMin": "2030-01-01T00:00:00Z"}, "'timeMin'"),
        ({"fields": "id,link"}, "link"),
        ({"fields": "start/dateTime/hour"}, "fields"),
        ({"fields": "items(id)"}, "items"),
        ({"fields": "start(date"}, "bracket"),
        ({"fields": "id,,start"}, "fields"),
        ({"fields": "id)"}, "fields"),
        ({"fields": "id;start"}, "fields"),
        ({"alt": "xml"}, "'alt'"),
    ],
)
def test_parameters(google: Control, api: GoogleApi, query: dict[str, Any], about: str) -> None:
    assert_refused(google, api.insert(event(), **query), about)


@pytest.mark.parametrize(
    "query",
    [{"maxResults": "0"}, {"timeMin": "today"}, {"orderBy": "start"}, {"eventTypes": "party"}],
)
def test_list_parameters(google: Control, api: GoogleApi, query: dict[str, Any]) -> None:
    assert_refused(google, api.list(**query), next(iter(query)))


def test_bodies_where_none_belong(google: Control, api: GoogleApi) -> None:
    assert_refused(google, api.calendar("DELETE", "/events/class1", {}), "takes no body")


def test_a_body_that_is_no_json(google: Control, api: GoogleApi) -> None:
    answer = api.call("POST", f"{CALENDAR}/events", "{")
    assert (answer.status, answer.reason) == (400, "parseError")
    assert [each["reason"] for each in google.refusals()] == ["parseError"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", f"{CALENDAR}/events/class1"),
        ("POST", f"{CALENDAR}/events/quickAdd"),
        ("GET", CALENDAR),
        ("GET", "/calendar/v3/users/me/calendarList"),
    ],
)
def test_what_the_stand_in_lacks(google: Control, api: GoogleApi, method: str, path: str) -> None:
    answer = api.call(method, path)
    assert (answer.status, answer.reason) == (501, "notInStandIn")
    assert path in answer.json["error"]["message"]
    assert [each["reason"] for each in google.refusals()] == ["notInStandIn"]


@pytest.mark.parametrize(
    "query",
    [
        {"syncToken": "x"},
        {"q": "x"},
        {"updatedMin": "2020-01-01T00:00:00Z"},
        {"orderBy": "updated"},
    ],
)
def test_how_the_stand_in_does_not_list(
    google: Control, api: GoogleApi, query: dict[str, str]
) -> None:
    answer = api.list(**query)
    assert (answer.status, answer.reason) == (501, "notInStandIn")
    assert next(iter(query)) in google.refusals()[0]["message"]


def test_where_google_has_nothing(google: Control, api: GoogleApi) -> None:
    assert api.call("GET", "/drive/v3/files").status == 404
    assert [each["target"] for each in google.refusals()] == ["/drive/v3/files"]


def test_the_checker_holds_answers_too() -> None:
    check_value("Events", {"items": [{"id": "x", "start": {"date": "2030-01-01"}}]})
    with pytest.raises(NotInDiscovery, match=r"Events.items\[\].start has no property 'day'"):
        check_value("Events", {"items": [{"start": {"day": 1}}]})
