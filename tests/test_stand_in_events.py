"""The stand-in's Calendar: insert, get, patch, delete and the mails they send."""

from typing import Any

import pytest

from infra.local.google import defaults
from infra.local.google.client import Control
from tests.support.stand_in_http import MEET, GoogleApi, event

pytest_plugins = ("tests.support.stand_in_fixtures",)

STUDENT = {"email": "Student@Example.org"}


def test_an_inserted_event_is_returned_as_google_returns_it(api: GoogleApi) -> None:
    body = event(
        id="class1",
        summary="Clase",
        attendees=[STUDENT, {"email": defaults.ACCOUNT}],
        transparency="opaque",
        guestsCanModify=False,
        guestsCanInviteOthers=False,
        reminders={"useDefault": False, "overrides": [{"method": "email", "minutes": 60}]},
        extendedProperties={"private": {"key": "value", "k" * 45: "dropped", "long": "x" * 1025}},
    )
    made = api.insert(body, sendUpdates="all").json
    assert made == api.get("class1").json
    assert made["status"] == "confirmed"
    assert made["start"] == {
        "dateTime": "2030-03-15T17:00:00-03:00",
        "timeZone": defaults.TIME_ZONE,
    }
    assert made["attendees"] == [
        {"email": "student@example.org", "responseStatus": "needsAction"},
        {
            "email": defaults.ACCOUNT,
            "responseStatus": "needsAction",
            "organizer": True,
            "self": True,
        },
    ]
    assert made["organizer"] == made["creator"] == {"email": defaults.ACCOUNT, "self": True}
    assert made["guestsCanInviteOthers"] is False
    assert not {"transparency", "guestsCanModify"} & made.keys()
    assert made["extendedProperties"]["private"] == {"key": "value", "long": "x" * 1024}
    assert made["htmlLink"].startswith("https://www.google.com/calendar/event?eid=")
    assert (made["iCalUID"], made["sequence"]) == ("class1@google.com", 0)
    assert made["etag"].startswith('"')


BAD_EVENTS: list[tuple[dict[str, Any], str]] = [
    (event(id="UPPER"), "invalid"),
    (event(id="abcd"), "invalid"),
    (event(id="w" * 8), "invalid"),
    (event(id="a" * 1025), "invalid"),
    ({"start": {"date": "2030-01-01"}}, "required"),
    ({"end": {"date": "2030-01-01"}}, "required"),
    (event(start={"date": "2030-03-15"}), "invalid"),
    (event(start={}), "required"),
    (event(start={"timeZone": "UTC"}), "invalid"),
    (event(start={"dateTime": "2030-03-15T17:00:00"}), "required"),
    (event(start={"dateTime": "2030-02-30T17:00:00Z"}), "invalid"),
    (event(start={"dateTime": "2030-03-15T17:00:00Z", "timeZone": "Mars/Base"}), "invalid"),
    (event(start={"dateTime": "0001-01-01T00:00:00+14:00"}), "invalid"),
    (event(start={"dateTime": "2030-03-15T23:00:00Z"}), "timeRangeEmpty"),
    (event(attendees=[{"email": "no address"}]), "invalid"),
    (event(attendees=[{"email": "student@nowhere"}]), "invalid"),
    (event(attendees=[{"displayName": "nobody"}]), "invalid"),
    (event(attendees=[{"email": "refused@example.org"}]), "invalid"),
    (
        event(reminders={"useDefault": True, "overrides": [{"method": "email", "minutes": 1}]}),
        "cannotUseDefaultRemindersAndSpecifyOverride",
    ),
    (event(reminders={"overrides": [{"method": "email", "minutes": 40_321}]}), "invalid"),
    (event(reminders={"overrides": [{"method": "email", "minutes": 1}] * 6}), "invalid"),
]


@pytest.mark.parametrize(("body", "reason"), BAD_EVENTS)
def test_what_google_refuses_makes_no_event(
    google: Control, api: GoogleApi, body: dict[str, Any], reason: str
) -> None:
    google.settings(refused_emails=["REFUSED@example.org"])
    answer = api.insert(body, sendUpdates="all")
    assert (answer.status, answer.reason) == (400, reason)
    assert google.events() == []
    assert google.invitations() == []


def test_a_time_without_offset_needs_its_zone(api: GoogleApi) -> None:
    start = {"dateTime": "2030-03-15T17:00:00", "timeZone": "America/New_York"}
    end = {"dateTime": "2030-03-15T18:00:00", "timeZone": "America/New_York"}
    made = api.insert(event(start=start, end=end)).json
    assert made["start"] == {
        "dateTime": "2030-03-15T18:00:00-03:00",
        "timeZone": "America/New_York",
    }


def test_an_id_is_taken_for_ever(api: GoogleApi) -> None:
    api.insert(event(id="class1"))
    assert api.insert(event(id="class1")).reason == "duplicate"
    assert api.delete("class1").status == 204
    answer = api.insert(event(id="class1"))
    assert (answer.status, answer.reason) == (409, "duplicate")
    assert api.get("class1").json["status"] == "cancelled"


def test_events_that_are_not_there(api: GoogleApi) -> None:
    for answer in (api.get("none1"), api.patch("none1", {}), api.delete("none1")):
        assert (answer.status, answer.reason) == (404, "notFound")


def test_a_deleted_event_cannot_be_deleted_or_patched(api: GoogleApi) -> None:
    api.insert(event(id="class1"))
    api.delete("class1")
    assert (api.delete("class1").status, api.delete("class1").reason) == (410, "deleted")
    answer = api.patch("class1", {"status": "confirmed"})
    assert (answer.status, answer.reason) == (403, "forbidden")


def test_patch_merges_replaces_and_removes(api: GoogleApi) -> None:
    private = {"kept": "1", "changed": "1", "removed": "1"}
    made = api.insert(
        event(id="class1", summary="old", location="room", extendedProperties={"private": private})
    ).json
    changes = {
        "summary": "new",
        "location": None,
        "extendedProperties": {"private": {"changed": "2", "removed": None}},
        "attendees": [STUDENT],
    }
    changed = api.patch("class1", changes).json
    assert changed["summary"] == "new"
    assert "location" not in changed
    assert changed["extendedProperties"]["private"] == {"kept": "1", "changed": "2"}
    assert [each["email"] for each in changed["attendees"]] == ["student@example.org"]
    assert changed["etag"] != made["etag"]
    assert changed["start"] == made["start"]
    assert api.patch("class1", {"attendees": []}).json.get("attendees") is None


def test_moving_an_event_raises_its_sequence(api: GoogleApi) -> None:
    api.insert(event(id="class1"))
    moved = {"end": {"dateTime": "2030-03-15T19:00:00-03:00"}}
    assert api.patch("class1", moved).json["sequence"] == 1
    assert api.patch("class1", {"summary": "other"}).json["sequence"] == 1


def test_a_patch_that_changes_nothing_leaves_the_etag(google: Control, api: GoogleApi) -> None:
    made = api.insert(event(id="class1", summary="same", attendees=[STUDENT])).json
    same = api.patch("class1", {"summary": "same", "attendees": [STUDENT]}, sendUpdates="all")
    assert same.json == made
    assert google.invitations() == []


def test_if_match_is_honoured(api: GoogleApi) -> None:
    made = api.insert(event(id="class1")).json
    stale, fresh = {"If_Match": '"other"'}, {"If_Match": made["etag"]}
    for answer in (api.patch("class1", {"summary": "x"}, stale), api.delete("class1", stale)):
        assert (answer.status, answer.reason) == (412, "conditionNotMet")
    changed = api.patch("class1", {"summary": "x"}, fresh)
    assert changed.status == 200
    assert api.delete("class1", fresh).status == 412
    assert api.delete("class1", {"If_Match": changed.json["etag"]}).status == 204


def test_guests_are_told_what_concerns_them(google: Control, api: GoogleApi) -> None:
    first, second = {"email": "first@example.org"}, {"email": "second@example.org"}
    api.insert(event(id="class1", attendees=[first]), sendUpdates="all")
    api.patch("class1", {"attendees": [first, second]}, sendUpdates="all")
    api.patch("class1", {"reminders": {"useDefault": False}}, sendUpdates="all")
    moved = {"end": {"dateTime": "2030-03-15T19:00:00-03:00"}, "attendees": [second]}
    api.patch("class1", moved, sendUpdates="all")
    api.delete("class1", sendUpdates="all")
    sent = google.invitations()
    assert [(mail["event_id"], mail["attendee"], mail["kind"]) for mail in sent] == [
        ("class1", "first@example.org", "invitation"),
        ("class1", "second@example.org", "invitation"),
        ("class1", "first@example.org", "cancellation"),
        ("class1", "second@example.org", "update"),
        ("class1", "second@example.org", "cancellation"),
    ]


@pytest.mark.parametrize("query", [{}, {"sendUpdates": "none"}])
def test_nobody_is_told_unless_asked_for(
    google: Control, api: GoogleApi, query: dict[str, str]
) -> None:
    api.insert(event(id="class1", attendees=[STUDENT]), **query)
    api.delete("class1", **query)
    assert google.invitations() == []


def test_who_may_not_write(google: Control, api: GoogleApi) -> None:
    api.insert(event(id="class1"))
    google.settings(access_role="reader")
    for answer in (
        api.insert(event()),
        api.patch("class1", {"summary": "x"}),
        api.delete("class1"),
    ):
        assert (answer.status, answer.reason) == (403, "forbidden")
    assert api.list().json["accessRole"] == "reader"
    assert api.get("class1").json["status"] == "confirmed"


def test_calendars_of_others(google: Control, api: GoogleApi) -> None:
    google.put_calendar("team@group.calendar.google.com", summary="Team", time_zone="UTC")
    google.put_calendar("other@example.com", roles={"other@example.com": "owner"})
    path = "/calendar/v3/calendars/{}/events"
    bearer = f"Bearer {api.refresh().json['access_token']}"
    known = api.call("GET", path.format("team%40group.calendar.google.com"), Authorization=bearer)
    assert (known.json["summary"], known.json["timeZone"]) == ("Team", "UTC")
    for name in ("other%40example.com", "nobody%40example.com"):
        assert api.call("GET", path.format(name), Authorization=bearer).status == 404


def test_every_account_has_a_calendar_of_its_own(google: Control, api: GoogleApi) -> None:
    google.settings(accounts=[defaults.ACCOUNT, "other@example.com"])
    google.add_refresh_token("of-other", account="other@example.com")
    bearer = f"Bearer {api.refresh(refresh_token='of-other').json['access_token']}"
    statuses = {
        name: api.call("GET", f"/calendar/v3/calendars/{name}/events", Authorization=bearer).status
        for name in ("primary", "other%40example.com", "admin%40example.com")
    }
    assert statuses == {"primary": 200, "other%40example.com": 200, "admin%40example.com": 404}


def test_only_google_says_who_is_oneself(api: GoogleApi) -> None:
    guests = [{"email": "student@example.org", "self": True}, {"email": defaults.ACCOUNT}]
    made = api.insert(event(attendees=guests)).json
    assert [each["email"] for each in made["attendees"] if each.get("self")] == [defaults.ACCOUNT]


def test_a_refused_address_in_a_patch_changes_nothing(google: Control, api: GoogleApi) -> None:
    made = api.insert(event(id="class1")).json
    google.settings(refused_emails=["student@example.org"])
    answer = api.patch("class1", {"attendees": [STUDENT], "summary": "x"}, sendUpdates="all")
    assert (answer.status, answer.json["error"]["message"]) == (400, "Invalid attendee email.")
    assert api.get("class1").json == made


def test_events_are_seeded_edited_and_removed_by_hand(google: Control, api: GoogleApi) -> None:
    declined = {"email": defaults.ACCOUNT, "self": True, "responseStatus": "declined"}
    [seeded] = google.seed(
        event(organizer={"email": "boss@example.com"}, attendees=[declined], eventType="focusTime")
    )
    assert api.get(seeded["id"]).json == seeded
    assert seeded["attendees"] == [declined]
    edited = google.edit(seeded["id"], {"summary": "by hand"})
    assert api.get(seeded["id"]).json["etag"] == edited["etag"] != seeded["etag"]
    google.remove(seeded["id"])
    assert api.get(seeded["id"]).json["status"] == "cancelled"
    google.remove(seeded["id"], for_good=True)
    assert api.get(seeded["id"]).status == 404


class TestMeet:
    def insert(self, api: GoogleApi, request_id: str = "one", **query: Any) -> Any:
        query = {"conferenceDataVersion": 1, **query}
        return api.insert(event(id="class1", conferenceData=self.asked(request_id)), **query)

    def asked(self, request_id: str) -> dict[str, Any]:
        return {"createRequest": {**MEET["createRequest"], "requestId": request_id}}

    def status(self, made: dict[str, Any]) -> str:
        return str(made["conferenceData"]["createRequest"]["status"]["statusCode"])

    def test_made_at_once(self, api: GoogleApi) -> None:
        made = self.insert(api).json
        assert self.status(made) == "success"
        kinds = [each["entryPointType"] for each in made["conferenceData"]["entryPoints"]]
        assert kinds == ["phone", "video"]
        assert made["hangoutLink"] == made["conferenceData"]["entryPoints"][1]["uri"]

    def test_ignored_without_its_version(self, api: GoogleApi) -> None:
        made = api.insert(event(id="class1", conferenceData=MEET)).json
        assert not {"conferenceData", "hangoutLink"} & made.keys()

    def test_pending_until_it_was_read(self, google: Control, api: GoogleApi) -> None:
        google.meet("pending", reads=2)
        made = self.insert(api).json
        assert self.status(made) == "pending"
        assert "entryPoints" not in made["conferenceData"]
        read = [api.get("class1").json for _ in range(3)]
        assert [self.status(each) for each in read] == ["pending", "pending", "success"]
        assert read[2]["etag"] != read[1]["etag"] == made["etag"]
        assert read[2]["hangoutLink"]

    def test_pending_for_a_time(self, google: Control, api: GoogleApi) -> None:
        google.meet("pending", seconds=0)
        assert self.status(self.insert(api).json) == "pending"
        [listed] = api.list().json["items"]
        assert self.status(listed) == "success"

    def test_pending_for_ever(self, google: Control, api: GoogleApi) -> None:
        google.meet("pending")
        self.insert(api)
        assert {self.status(api.get("class1").json) for _ in range(5)} == {"pending"}

    def test_failure_starts_over_with_another_request_id(
        self, google: Control, api: GoogleApi
    ) -> None:
        google.meet("failure", times=1)
        assert self.status(self.insert(api, "one").json) == "failure"
        for request_id, status in (("one", "failure"), ("two", "success")):
            body = {"conferenceData": self.asked(request_id)}
            changed = api.patch("class1", body, conferenceDataVersion=1).json
            assert self.status(changed) == status
        assert changed["hangoutLink"]

    def test_not_allowed(self, google: Control, api: GoogleApi) -> None:
        google.meet("not_allowed")
        answer = self.insert(api)
        assert (answer.status, answer.reason) == (400, "invalid")
        assert answer.json["error"]["message"] == "Invalid conference type value."
        assert google.events() == []

    def test_taken_away(self, api: GoogleApi) -> None:
        self.insert(api)
        kept = api.patch("class1", {"conferenceData": None}).json
        assert kept["hangoutLink"]
        gone = api.patch("class1", {"conferenceData": None}, conferenceDataVersion=1).json
        assert not {"conferenceData", "hangoutLink"} & gone.keys()
