"""The stand-in's Calendar: what a list request finds and how it is rendered."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.google import defaults
from infra.local.google.client import Control
from tests.support.stand_in_http import GoogleApi

pytest_plugins = ("tests.support.stand_in_fixtures",)

FIRST = datetime(2030, 3, 15, 20, tzinfo=UTC)  # 17:00 in Buenos Aires
WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4"


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


def test_event_types_select(google: Control, api: GoogleApi) -> None:
    google.seed(
        at(0, id="class1"),
        at(1, id="focus", eventType="focusTime"),
        at(2, id="away1", eventType="outOfOffice"),
    )
    assert ids(api.list(eventTypes=["focusTime", "outOfOffice"])) == ["focus", "away1"]


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


def test_deleted_events_are_listed_if_asked_for(google: Control, api: GoogleApi) -> None:
    google.seed(at(0, id="gone1"), at(1, id="live1"))
    api.delete("gone1")
    assert ids(api.list()) == ["live1"]
    shown = api.list(showDeleted="true").json["items"]
    assert [(each["id"], each["status"]) for each in shown] == [
        ("gone1", "cancelled"),
        ("live1", "confirmed"),
    ]


class TestRecurring:
    def listed(self, api: GoogleApi, **query: Any) -> Any:
        return api.list(singleEvents="true", orderBy="startTime", **query)

    def test_instances(self, google: Control, api: GoogleApi) -> None:
        google.seed(at(0, id="series", recurrence=[WEEKLY], summary="weekly"))
        assert ids(api.list()) == ["series"]
        instances = self.listed(api).json["items"]
        assert [each["id"] for each in instances] == [
            "series_20300315T200000Z",
            "series_20300322T200000Z",
            "series_20300329T200000Z",
            "series_20300405T200000Z",
        ]
        second = instances[1]
        assert (second["summary"], second["recurringEventId"]) == ("weekly", "series")
        assert second["originalStartTime"] == second["start"]
        assert second["end"]["dateTime"] == "2030-03-22T18:00:00-03:00"
        assert "recurrence" not in second

    def test_bounds(self, google: Control, api: GoogleApi) -> None:
        google.seed(at(0, id="series", recurrence=[WEEKLY]))
        week = 7 * 24
        found = self.listed(api, timeMin=text(week + 0.5), timeMax=text(2 * week + 0.1))
        assert ids(found) == ["series_20300322T200000Z", "series_20300329T200000Z"]
        exact = self.listed(api, timeMin=text(week + 1), timeMax=text(2 * week))
        assert ids(exact) == []
        assert ids(api.list(timeMin=text(3 * week))) == ["series"]
        assert ids(api.list(timeMin=text(3 * week + 1))) == []

    def test_excluded_and_added_dates(self, google: Control, api: GoogleApi) -> None:
        rules = [
            WEEKLY,
            "EXDATE;TZID=America/Argentina/Buenos_Aires:20300322T170000",
            "EXDATE:20300329T200000Z",
            "RDATE:20300320T120000Z,20300321T120000Z",
        ]
        google.seed(at(0, id="series", recurrence=rules))
        assert starts(self.listed(api)) == [
            "2030-03-15T17:00:00-03:00",
            "2030-03-20T09:00:00-03:00",
            "2030-03-21T09:00:00-03:00",
            "2030-04-05T17:00:00-03:00",
        ]

    def test_moved_and_cancelled_instances(self, google: Control, api: GoogleApi) -> None:
        moved: dict[str, Any] = {
            "id": "series_20300322T200000Z",
            "recurringEventId": "series",
            "originalStartTime": {"dateTime": "2030-03-22T20:00:00Z"},
        }
        cancelled = {
            "id": "series_20300329T200000Z",
            "recurringEventId": "series",
            "originalStartTime": {"dateTime": "2030-03-29T20:00:00Z"},
            "status": "cancelled",
        }
        google.seed(at(0, id="series", recurrence=[WEEKLY]), at(150, **moved), cancelled)
        assert starts(self.listed(api)) == [
            "2030-03-15T17:00:00-03:00",
            "2030-03-21T23:00:00-03:00",
            "2030-04-05T17:00:00-03:00",
        ]
        [listed] = [each for each in self.listed(api).json["items"] if "0322" in each["id"]]
        assert listed["originalStartTime"]["dateTime"] == "2030-03-22T17:00:00-03:00"
        stubs = api.list().json["items"]
        [stub] = [each for each in stubs if "0329" in each["id"]]
        assert stub["status"] == "cancelled"
        assert stub["originalStartTime"]["dateTime"] == "2030-03-29T17:00:00-03:00"
        assert not {"start", "end", "summary"} & stub.keys()

    def test_all_day(self, google: Control, api: GoogleApi) -> None:
        day = {"start": {"date": "2030-03-15"}, "end": {"date": "2030-03-16"}}
        until = "RRULE:FREQ=DAILY;UNTIL=20300317"
        google.seed({"id": "series", "recurrence": [until, "EXDATE;VALUE=DATE:20300316"], **day})
        listed = self.listed(api).json["items"]
        assert [each["id"] for each in listed] == ["series_20300315", "series_20300317"]
        assert listed[1]["end"] == {"date": "2030-03-18"}

    def test_summer_time_moves_no_class(self, google: Control, api: GoogleApi) -> None:
        start = {"dateTime": "2030-03-08T10:00:00", "timeZone": "America/New_York"}
        end = {"dateTime": "2030-03-08T11:00:00", "timeZone": "America/New_York"}
        rule = "RRULE:FREQ=WEEKLY;UNTIL=20300315T140000Z"
        google.seed({"id": "series", "start": start, "end": end, "recurrence": [rule]})
        assert starts(self.listed(api, timeZone="UTC")) == [
            "2030-03-08T15:00:00Z",
            "2030-03-15T14:00:00Z",
        ]

    def test_an_endless_one_is_expanded_up_to_a_bound(
        self, google: Control, api: GoogleApi
    ) -> None:
        google.seed(at(0, id="series", recurrence=["RRULE:FREQ=DAILY"]))
        listed = self.listed(api, timeMin=text(0), maxResults=3)
        assert len(ids(listed)) == 3
        assert listed.json["nextPageToken"]
