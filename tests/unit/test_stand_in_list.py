"""The stand-in's Calendar: what a list request finds and how it is rendered."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.google import defaults
from tests.support.client import Answer
from tests.support.google_api import GoogleApi, GoogleInProcess, event_at

FIRST = datetime(2030, 3, 15, 20, tzinfo=UTC)  # 17:00 in Buenos Aires
ALL_DAY = {"id": "allday", "start": {"date": "2030-03-15"}, "end": {"date": "2030-03-16"}}


def at(hours: float, **details: Any) -> dict[str, Any]:
    """An event of an hour, so many hours after the first."""
    start = FIRST + timedelta(hours=hours)
    return event_at(start, start + timedelta(hours=1), **details)


def text(hours: float) -> str:
    return (FIRST + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ids(answer: Answer) -> list[str]:
    return [each["id"] for each in answer.json["items"]]


def test_the_list_tells_about_the_calendar(api: GoogleApi) -> None:
    answer = api.list().json
    expected = {
        "kind": "calendar#events",
        "accessRole": "owner",
        "timeZone": defaults.TIME_ZONE,
        "summary": defaults.CALENDAR_ID,
        "defaultReminders": [{"method": "popup", "minutes": 30}],
        "items": [],
    }
    assert {name: answer[name] for name in expected} == expected
    assert answer["etag"].startswith('"')


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"timeMin": text(1)}, ["second", "third"]),
        ({"timeMin": text(0.99)}, ["first", "second", "third"]),
        ({"timeMax": text(2)}, ["first", "second"]),
        ({"timeMin": text(1), "timeMax": text(2)}, ["second"]),
    ],
)
def test_time_bounds_are_exclusive(
    google: GoogleInProcess, api: GoogleApi, query: dict[str, str], found: list[str]
) -> None:
    google.seed(at(2, id="third"), at(0, id="first"), at(1, id="second"))
    assert ids(api.list(singleEvents="true", orderBy="startTime", **query)) == found


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"orderBy": "startTime"}, "invalid"),
        ({"timeMin": text(1), "timeMax": text(1)}, "timeRangeEmpty"),
        ({"timeMin": text(1), "timeMax": text(0)}, "timeRangeEmpty"),
        ({"timeMin": "2030-03-15T20:00:00"}, "invalid"),
        ({"timeMin": "2030-02-30T20:00:00Z"}, "invalid"),
        ({"timeZone": "Mars/Base"}, "invalid"),
        ({"pageToken": "made-up"}, "invalid"),
        ({"privateExtendedProperty": "no-equals-sign"}, "invalid"),
    ],
)
def test_what_cannot_be_listed(
    google: GoogleInProcess, api: GoogleApi, query: dict[str, str], reason: str
) -> None:
    google.seed(at(0))
    answer = api.list(**query)
    assert (answer.status, answer.reason) == (400, reason)


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ({}, "2030-03-15T17:00:00-03:00"),
        ({"timeZone": "UTC"}, "2030-03-15T20:00:00Z"),
        ({"timeZone": "Asia/Kolkata"}, "2030-03-16T01:30:00+05:30"),
    ],
)
def test_the_zone_of_the_answer(
    google: GoogleInProcess, api: GoogleApi, zone: dict[str, str], start: str
) -> None:
    google.seed(at(0))
    assert [each["start"]["dateTime"] for each in api.list(**zone).json["items"]] == [start]


@pytest.mark.parametrize(
    ("home", "begins", "ends"),
    [
        (defaults.TIME_ZONE, "2030-03-15T03:00:00Z", "2030-03-16T03:00:00Z"),
        ("Asia/Tokyo", "2030-03-14T15:00:00Z", "2030-03-15T15:00:00Z"),
        ("Pacific/Kiritimati", "2030-03-14T10:00:00Z", "2030-03-15T10:00:00Z"),
    ],
)
def test_all_day_events_begin_and_end_in_the_calendars_own_zone(
    google: GoogleInProcess, api: GoogleApi, home: str, begins: str, ends: str
) -> None:
    """Whatever zone the request names."""
    google.put_calendar(defaults.CALENDAR_ID, time_zone=home)
    google.seed(ALL_DAY)
    before_end = ends.replace(":00:00Z", ":00:00+00:01")
    after_begin = begins.replace(":00:00Z", ":00:00-00:01")
    zone = {"timeZone": defaults.TIME_ZONE}
    assert ids(api.list(timeMin=before_end, **zone)) == ["allday"]
    assert ids(api.list(timeMin=ends, **zone)) == []
    assert ids(api.list(timeMax=after_begin, **zone)) == ["allday"]
    assert ids(api.list(timeMax=begins, **zone)) == []


def test_pages(google: GoogleInProcess, api: GoogleApi) -> None:
    google.seed(*(at(hour, id=f"event{hour}") for hour in range(5)))
    google.settings(page_size=2, empty_pages=[1])
    pages: list[list[str]] = []
    token: dict[str, str] = {}
    while not pages or token:
        answer = api.list(singleEvents="true", orderBy="startTime", **token)
        pages.append(ids(answer))
        last, following = token, answer.json.get("nextPageToken")
        token = {"pageToken": following} if following else {}
    assert pages == [["event0", "event1"], [], ["event2", "event3"], ["event4"]]
    assert api.list(singleEvents="true", **last).reason == "invalid"


@pytest.mark.parametrize(("asked", "size"), [({}, 250), ({"maxResults": 3000}, 2500)])
def test_the_size_of_a_page_is_bounded(
    google: GoogleInProcess, api: GoogleApi, asked: dict[str, int], size: int
) -> None:
    google.seed(*(at(hour) for hour in range(2501)))
    assert len(ids(api.list(fields="items/id", **asked))) == size


def test_fields(google: GoogleInProcess, api: GoogleApi) -> None:
    guests = [{"email": "a@example.org"}]
    google.seed(at(0, id="first", attendees=guests, guestsCanSeeOtherGuests=False))
    google.settings(page_size=1, empty_pages=[1])
    mask = "items(id,iCalUID,guestsCanSeeOtherGuests,start/dateTime,attendees(self,responseStatus))"
    assert api.list(fields=mask).json == {
        "items": [
            {
                "id": "first",
                "iCalUID": "first@google.com",
                "guestsCanSeeOtherGuests": False,
                "start": {"dateTime": "2030-03-15T17:00:00-03:00"},
                "attendees": [{"responseStatus": "needsAction"}],
            }
        ]
    }
    assert api.list(fields="items,nextPageToken").json.keys() == {"items", "nextPageToken"}
    assert api.list(fields="accessRole").json == {"accessRole": "owner"}
    assert api.list(fields="items/id").json == {"items": [{"id": "first"}]}
    assert api.get("first", fields="id,start").json.keys() == {"id", "start"}
    assert api.list(fields="*").json.keys() == api.list().json.keys()


def test_max_attendees(google: GoogleInProcess, api: GoogleApi) -> None:
    me = {"email": defaults.ACCOUNT, "self": True, "responseStatus": "declined"}
    google.seed(at(0, attendees=[me, {"email": "a@example.org"}], organizer={"email": "b@c.de"}))
    [cut] = api.list(maxAttendees=1).json["items"]
    assert (cut["attendees"], cut["attendeesOmitted"]) == ([me], True)
    [whole] = api.list(maxAttendees=2).json["items"]
    assert (len(whole["attendees"]), "attendeesOmitted" in whole) == (2, False)


def test_private_properties_select(google: GoogleInProcess, api: GoogleApi) -> None:
    mine = {"private": {"managedBy": "us", "kind": "class"}}
    shared = {"shared": {"managedBy": "us"}}
    google.seed(at(0, id="class1", extendedProperties=mine), at(1, extendedProperties=shared))
    assert ids(api.list(privateExtendedProperty="managedBy=us")) == ["class1"]
    both = ["managedBy=us", "kind=class"]
    assert ids(api.list(privateExtendedProperty=both)) == ["class1"]
    assert ids(api.list(privateExtendedProperty=["managedBy=us", "kind=other"])) == []


def test_instances_are_listed_instead_of_their_series(
    google: GoogleInProcess, api: GoogleApi
) -> None:
    """Google expands a series; here its instances are seeded."""

    def instance(number: int, hours: float, **details: Any) -> dict[str, Any]:
        of_series = {
            "id": f"series_{number}",
            "recurringEventId": "series",
            "originalStartTime": {"dateTime": text(24 * number)},
        }
        return at(hours) | of_series | details

    google.seed(
        at(-1000, id="series", recurrence=["RRULE:FREQ=DAILY"]),
        at(5, id="gone", status="cancelled"),
        *(instance(0, 0), instance(1, 30), instance(2, 48, status="cancelled")),
    )
    listed = api.list(singleEvents="true", orderBy="startTime", timeMin=text(0)).json["items"]
    assert [each["id"] for each in listed] == ["series_0", "series_1"]
    assert listed[1]["originalStartTime"]["dateTime"] == "2030-03-16T17:00:00-03:00"
    assert listed[1]["iCalUID"] == "series@google.com"
    unexpanded = api.list(timeMin=text(0))
    assert ids(unexpanded) == ["series", "series_0", "series_1", "series_2"]
    stub = unexpanded.json["items"][3]
    assert stub["status"] == "cancelled"
    assert not {"start", "end", "summary"} & stub.keys()


def test_who_sees_only_free_and_busy_is_told_hours_and_ids(
    google: GoogleInProcess, api: GoogleApi
) -> None:
    google.seed(at(0, id="first", summary="private", transparency="transparent"))
    google.put_calendar(defaults.CALENDAR_ID, roles={defaults.ACCOUNT: "freeBusyReader"})
    answer = api.list().json
    assert answer["accessRole"] == "freeBusyReader"
    [event] = answer["items"]
    assert event.keys() == {
        *("kind", "etag", "id", "status", "htmlLink", "updated", "iCalUID", "start", "end"),
        "visibility",
    }
