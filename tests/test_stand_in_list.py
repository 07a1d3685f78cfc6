"""The stand-in's Calendar: what a list request finds and how it is rendered."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.google import defaults
from infra.local.google.client import Control
from tests.support.stand_in_http import GoogleApi

pytest_plugins = ("tests.support.stand_in_fixtures",)

FIRST = datetime(2030, 3, 15, 20, tzinfo=UTC)  # 17:00 in Buenos Aires


def at(hours: float, length: float = 1, **details: Any) -> dict[str, Any]:
    start = FIRST + timedelta(hours=hours)
    end = start + timedelta(hours=length)
    return {
        "start": {"dateTime": start.isoformat()},
        "end": {"dateTime": end.isoformat()},
        **details,
    }


def text(hours: float) -> str:
    return (FIRST + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ids(answer: Any) -> list[str]:
    return [each["id"] for each in answer.json["items"]]


def starts(answer: Any) -> list[str]:
    return [
        each["start"].get("dateTime", each["start"].get("date")) for each in answer.json["items"]
    ]


def test_the_list_tells_about_the_calendar(api: GoogleApi) -> None:
    answer = api.list().json
    assert answer["kind"] == "calendar#events"
    assert answer["accessRole"] == "owner"
    assert answer["timeZone"] == defaults.TIME_ZONE
    assert answer["summary"] == defaults.CALENDAR_ID
    assert answer["etag"].startswith('"')
    assert answer["defaultReminders"] == [{"method": "popup", "minutes": 30}]
    assert answer["items"] == []


def test_time_bounds_are_exclusive(google: Control, api: GoogleApi) -> None:
    google.seed(at(0, id="first"), at(1, id="second"), at(2, id="third"))
    assert ids(api.list(timeMin=text(1))) == ["second", "third"]
    assert ids(api.list(timeMin=text(0.99))) == ["first", "second", "third"]
    assert ids(api.list(timeMax=text(2))) == ["first", "second"]
    assert ids(api.list(timeMin=text(1), timeMax=text(2))) == ["second"]


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
    google: Control, api: GoogleApi, query: dict[str, str], reason: str
) -> None:
    google.seed(at(0))
    answer = api.list(**query)
    assert (answer.status, answer.reason) == (400, reason)


def test_order(google: Control, api: GoogleApi) -> None:
    google.seed(at(2, id="third"), at(0, id="first"), at(1, id="second"))
    ordered = api.list(singleEvents="true", orderBy="startTime")
    assert ids(ordered) == ["first", "second", "third"]


def test_the_zone_of_the_answer(google: Control, api: GoogleApi) -> None:
    google.seed(at(0))
    assert starts(api.list()) == ["2030-03-15T17:00:00-03:00"]
    assert starts(api.list(timeZone="UTC")) == ["2030-03-15T20:00:00Z"]
    assert starts(api.list(timeZone="Asia/Kolkata")) == ["2030-03-16T01:30:00+05:30"]


def test_all_day_events_end_at_local_midnight(google: Control, api: GoogleApi) -> None:
    google.seed({"id": "allday", "start": {"date": "2030-03-15"}, "end": {"date": "2030-03-16"}})
    assert starts(api.list(timeMin="2030-03-16T02:59:00Z")) == ["2030-03-15"]
    assert starts(api.list(timeMin="2030-03-16T03:00:00Z")) == []
    assert starts(api.list(timeMax="2030-03-15T03:00:00Z")) == []


def test_pages(google: Control, api: GoogleApi) -> None:
    google.seed(*(at(hour, id=f"event{hour}") for hour in range(5)))
    google.settings(page_size=2, empty_pages=[1])
    pages: list[list[str]] = []
    token: dict[str, str] = {}
    while True:
        answer = api.list(singleEvents="true", orderBy="startTime", **token)
        pages.append(ids(answer))
        if "nextPageToken" not in answer.json:
            break
        token = {"pageToken": answer.json["nextPageToken"]}
    assert pages == [["event0", "event1"], [], ["event2", "event3"], ["event4"]]
    assert api.list(singleEvents="true", **token).reason == "invalid"


def test_page_sizes(google: Control, api: GoogleApi) -> None:
    google.seed(*(at(hour) for hour in range(260)))
    assert len(ids(api.list())) == 250
    assert len(ids(api.list(maxResults=10_000))) == 260
    assert len(ids(api.list(maxResults=3))) == 3


def test_fields(google: Control, api: GoogleApi) -> None:
    google.seed(at(0, id="first", attendees=[{"email": "a@example.org"}], status="tentative"))
    google.settings(page_size=1, empty_pages=[1])
    mask = "items(status,start/dateTime,attendees(self,responseStatus)),nextPageToken"
    answer = api.list(fields=mask).json
    assert answer.keys() == {"items", "nextPageToken"}
    assert answer["items"] == [
        {
            "status": "tentative",
            "start": {"dateTime": "2030-03-15T17:00:00-03:00"},
            "attendees": [{"responseStatus": "needsAction"}],
        }
    ]
    assert api.list(fields="accessRole").json == {"accessRole": "owner"}
    assert api.list(fields="items/id").json == {"items": [{"id": "first"}]}
    assert api.get("first", fields="id,start").json.keys() == {"id", "start"}
    assert api.list(fields="*").json.keys() == api.list().json.keys()


def test_max_attendees(google: Control, api: GoogleApi) -> None:
    me = {"email": defaults.ACCOUNT, "self": True, "responseStatus": "declined"}
    google.seed(at(0, attendees=[me, {"email": "a@example.org"}], organizer={"email": "b@c.de"}))
    [cut] = api.list(maxAttendees=1).json["items"]
    assert (cut["attendees"], cut["attendeesOmitted"]) == ([me], True)
    [whole] = api.list(maxAttendees=2).json["items"]
    assert "attendeesOmitted" not in whole
    assert len(whole["attendees"]) == 2


def test_private_properties_select(google: Control, api: GoogleApi) -> None:
    mine = {"private": {"managedBy": "us", "kind": "class"}}
    google.seed(
        at(0, id="class1", extendedProperties=mine),
        at(1, id="other", extendedProperties={"shared": {"managedBy": "us"}}),
    )
    assert ids(api.list(privateExtendedProperty="managedBy=us")) == ["class1"]
    both = ["managedBy=us", "kind=class"]
    assert ids(api.list(privateExtendedProperty=both)) == ["class1"]
    assert ids(api.list(privateExtendedProperty=["managedBy=us", "kind=other"])) == []


def test_instances_are_listed_instead_of_their_series(google: Control, api: GoogleApi) -> None:
    """Google expands a series; here its instances are seeded."""

    def instance(hours: float, **details: Any) -> dict[str, Any]:
        original = {"dateTime": text(hours)}
        return {**details, "recurringEventId": "series", "originalStartTime": original}

    google.seed(
        at(-1000, id="series", recurrence=["RRULE:FREQ=DAILY"]),
        instance(0, id="series_1", **at(0)),
        instance(24, id="series_2", **at(30)),
        instance(48, id="series_3", status="cancelled"),
    )
    listed = api.list(singleEvents="true", orderBy="startTime", timeMin=text(0)).json["items"]
    assert [each["id"] for each in listed] == ["series_1", "series_2"]
    assert listed[1]["originalStartTime"]["dateTime"] == "2030-03-16T17:00:00-03:00"
    assert listed[1]["iCalUID"] == "series@google.com"
    unexpanded = api.list(timeMin=text(0)).json["items"]
    assert [each["id"] for each in unexpanded] == ["series", "series_1", "series_2", "series_3"]
    assert unexpanded[3]["status"] == "cancelled"
    assert not {"start", "end", "summary"} & unexpanded[3].keys()
