"""The stand-in's Calendar: insert, get, patch, delete and the mails they send."""

from typing import Any

import pytest

from infra.local.google import defaults
from tests.support.client import Answer
from tests.support.google_api import MEET, GoogleApi, GoogleInProcess, event

Event = dict[str, Any]

STUDENT = {"email": "Student@Example.org"}
ME = {"email": defaults.ACCOUNT}
MOVED = {"end": {"dateTime": "2030-03-15T19:00:00-03:00"}}


def refused(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.reason


def test_an_inserted_event_is_returned_as_google_returns_it(api: GoogleApi) -> None:
    long_key, invited = "k" * 45, {"responseStatus": "needsAction"}
    body = event(
        id="class1",
        attendees=[{**STUDENT, "self": True}, ME],
        transparency="opaque",
        location="",
        guestsCanModify=False,
        guestsCanInviteOthers=False,
        guestsCanSeeOtherGuests=False,
        reminders={"useDefault": False, "overrides": [{"method": "email", "minutes": 60}]},
        extendedProperties={"private": {"key": "value", long_key: "dropped", "long": "x" * 1025}},
    )
    made = api.insert(body, sendUpdates="all").json
    assert made == api.get("class1").json
    start = {"dateTime": "2030-03-15T17:00:00-03:00", "timeZone": defaults.TIME_ZONE}
    expected = {
        "status": "confirmed",
        "start": start,
        "attendees": [
            {"email": "student@example.org", **invited},
            {**ME, **invited, "organizer": True, "self": True},
        ],
        "organizer": {**ME, "self": True},
        "creator": {**ME, "self": True},
        "guestsCanInviteOthers": False,
        "guestsCanSeeOtherGuests": False,
        "extendedProperties": {"private": {"key": "value", "long": "x" * 1024}},
        "iCalUID": "class1@google.com",
        "sequence": 0,
    }
    assert {name: made[name] for name in expected} == expected
    assert not {"transparency", "location", "guestsCanModify"} & made.keys()
    assert made["htmlLink"].startswith("https://www.google.com/calendar/event?eid=")


def starting(**start: str) -> Event:
    return event(start=start)


BAD_EVENTS: list[tuple[Event, str]] = [
    *((event(id=event_id), "invalid") for event_id in ("UPPER", "abcd", "w" * 8, "a" * 1025)),
    ({"start": {"date": "2030-01-01"}}, "required"),
    ({"end": {"date": "2030-01-01"}}, "required"),
    (starting(), "required"),
    (starting(date="2030-03-15"), "invalid"),
    (starting(timeZone="UTC"), "invalid"),
    (starting(dateTime="2030-03-15T17:00:00"), "invalid"),
    (starting(dateTime="2030-02-30T17:00:00Z"), "invalid"),
    (starting(dateTime="2030-03-15T17:00:00Z", timeZone="Mars/Base"), "invalid"),
    (starting(dateTime="0001-01-01T00:00:00+14:00"), "invalid"),
    (starting(dateTime="2030-03-15T23:00:00Z"), "timeRangeEmpty"),
    *(
        (event(attendees=[{"email": email}]), "invalid")
        for email in ("no address", "student@nowhere", "refused@example.org")
    ),
    (event(attendees=[{"displayName": "nobody"}]), "invalid"),
]


@pytest.mark.parametrize(("body", "reason"), BAD_EVENTS)
def test_what_google_refuses_makes_no_event(
    google: GoogleInProcess, api: GoogleApi, body: Event, reason: str
) -> None:
    google.settings(refused_emails=["REFUSED@example.org"])
    answer = api.insert(body, sendUpdates="all")
    assert refused(answer) == (400, reason)
    assert b"refused@example.org" not in answer.body.lower()
    assert (google.events(), google.invitations()) == ([], [])


def test_an_id_is_taken_for_ever(api: GoogleApi) -> None:
    made = api.insert(event(id="class1")).json
    assert refused(api.insert(event(id="class1"))) == (409, "duplicate")
    assert api.delete("class1").status == 204
    assert refused(api.insert(event(id="class1"))) == (409, "duplicate")
    gone = api.get("class1").json
    assert (gone["status"], gone["sequence"]) == ("cancelled", made["sequence"] + 1)
    assert refused(api.delete("class1")) == (410, "deleted")
    assert refused(api.patch("class1", {"status": "confirmed"})) == (403, "forbidden")
    for answer in (api.get("none1"), api.patch("none1", {}), api.delete("none1")):
        assert refused(answer) == (404, "notFound")


def test_patch_merges_replaces_and_removes(api: GoogleApi) -> None:
    private = {"kept": "1", "changed": "1", "removed": "1"}
    body = event(id="class1", summary="old", location="room")
    made = api.insert(body | {"extendedProperties": {"private": private}}).json
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
    assert (changed["start"], changed["sequence"]) == (made["start"], 0)
    assert changed["etag"] != made["etag"]
    assert api.patch("class1", MOVED).json["sequence"] == 1
    assert "attendees" not in api.patch("class1", {"attendees": []}).json


@pytest.mark.parametrize(
    "same",
    [
        {"summary": "same", "attendees": [STUDENT]},
        {"start": {"dateTime": "2030-03-15T20:00:00Z", "timeZone": defaults.TIME_ZONE}},
        {"guestsCanModify": False, "location": "", "description": None, "conferenceData": None},
    ],
)
def test_a_patch_that_changes_nothing_leaves_the_etag_and_tells_nobody(
    google: GoogleInProcess, api: GoogleApi, same: Event
) -> None:
    made = api.insert(event(id="class1", summary="same", attendees=[STUDENT])).json
    assert api.patch("class1", same, sendUpdates="all", conferenceDataVersion=1).json == made
    assert google.invitations() == []


def test_if_match_is_honoured(api: GoogleApi) -> None:
    made = api.insert(event(id="class1")).json
    stale, fresh = {"If_Match": '"other"'}, {"If_Match": made["etag"]}
    for answer in (api.patch("class1", {"summary": "x"}, stale), api.delete("class1", stale)):
        assert refused(answer) == (412, "conditionNotMet")
    changed = api.patch("class1", {"summary": "x"}, fresh).json
    assert api.delete("class1", fresh).status == 412
    assert api.delete("class1", {"If_Match": changed["etag"]}).status == 204


def test_guests_are_told_what_concerns_them(google: GoogleInProcess, api: GoogleApi) -> None:
    first, second = {"email": "first@example.org"}, {"email": "second@example.org"}
    api.insert(event(id="class1", attendees=[first]), sendUpdates="all")
    api.patch("class1", {"attendees": [first, second]}, sendUpdates="all")
    api.patch("class1", {"reminders": {"useDefault": False}}, sendUpdates="all")
    api.patch("class1", MOVED | {"attendees": [second]}, sendUpdates="all")
    api.patch("class1", {"summary": "untold"}, sendUpdates="none")
    api.delete("class1", sendUpdates="all")
    sent = google.invitations()
    assert {mail["event_id"] for mail in sent} == {"class1"}
    assert [(mail["attendee"].partition("@")[0], mail["kind"]) for mail in sent] == [
        ("first", "invitation"),
        ("second", "invitation"),
        ("first", "cancellation"),
        ("second", "update"),
        ("second", "cancellation"),
    ]
    api.insert(event(id="class2", attendees=[first]))
    assert google.invitations() == sent


def test_who_may_not_write(google: GoogleInProcess, api: GoogleApi) -> None:
    api.insert(event(id="class1"))
    google.put_calendar(defaults.CALENDAR_ID, roles={defaults.ACCOUNT: "reader"})
    patched, deleted = api.patch("class1", {"summary": "x"}), api.delete("class1")
    for answer in (api.insert(event()), patched, deleted):
        assert refused(answer) == (403, "forbidden")
    assert api.list().json["accessRole"] == "reader"
    assert api.get("class1").json["status"] == "confirmed"


def test_who_sees_which_calendar(google: GoogleInProcess, api: GoogleApi) -> None:
    other, team = "other@example.com", "team@group.calendar.google.com"
    google.settings(accounts=[defaults.ACCOUNT, other])
    google.add_refresh_token("of-other", account=other)
    google.put_calendar(team, summary="Team", time_zone="UTC")
    google.seed(event(id="class1"), calendar=team)
    seen = set()
    for account, token in (("admin", defaults.REFRESH_TOKEN), ("other", "of-other")):
        bearer = f"Bearer {api.refresh(refresh_token=token).json['access_token']}"
        for name in ("primary", defaults.ACCOUNT, other, team, "nobody@example.com"):
            path = f"/calendar/v3/calendars/{name}/events"
            if api.call("GET", path, Authorization=bearer).status == 200:
                seen.add((account, name))
    of_admin = {("admin", name) for name in ("primary", defaults.ACCOUNT, team)}
    assert seen == of_admin | {("other", name) for name in ("primary", other)}
    assert google.events(calendar=team)[0]["start"]["dateTime"] == "2030-03-15T20:00:00Z"


def test_a_refused_address_in_a_patch_changes_nothing(
    google: GoogleInProcess, api: GoogleApi
) -> None:
    made = api.insert(event(id="class1")).json
    google.settings(refused_emails=["student@example.org"])
    answer = api.patch("class1", {"attendees": [STUDENT], "summary": "x"})
    assert (answer.status, answer.json["error"]["message"]) == (400, "Invalid attendee email.")
    assert api.get("class1").json == made


# Meet


def asked(request_id: str) -> Event:
    return {"createRequest": {**MEET["createRequest"], "requestId": request_id}}


def insert(api: GoogleApi, request_id: str = "one") -> Answer:
    return api.insert(event(id="class1", conferenceData=asked(request_id)), conferenceDataVersion=1)


def status(made: Event) -> str:
    return str(made["conferenceData"]["createRequest"]["status"]["statusCode"])


def test_a_meet_link_is_made_at_once_and_taken_away(api: GoogleApi) -> None:
    made = insert(api).json
    assert status(made) == "success"
    phone, video = made["conferenceData"]["entryPoints"]
    assert (phone["entryPointType"], video["entryPointType"]) == ("phone", "video")
    assert made["hangoutLink"] == video["uri"]
    assert api.patch("class1", {"conferenceData": None}).json["hangoutLink"]
    gone = api.patch("class1", {"conferenceData": None}, conferenceDataVersion=1).json
    assert not {"conferenceData", "hangoutLink"} & gone.keys()
    unversioned = api.insert(event(conferenceData=MEET)).json
    assert not {"conferenceData", "hangoutLink"} & unversioned.keys()


def test_a_meet_link_is_pending_until_it_was_read(google: GoogleInProcess, api: GoogleApi) -> None:
    google.meet("pending", reads=2)
    made = insert(api).json
    assert status(made) == "pending"
    assert "entryPoints" not in made["conferenceData"]
    read = [api.get("class1").json for _ in range(3)]
    assert [status(each) for each in read] == ["pending", "pending", "success"]
    assert read[2]["etag"] != read[1]["etag"] == made["etag"]
    assert read[2]["hangoutLink"]


@pytest.mark.parametrize(("details", "later"), [({"seconds": 0}, "success"), ({}, "pending")])
def test_a_meet_link_is_pending_for_a_time_or_for_ever(
    google: GoogleInProcess, api: GoogleApi, details: dict[str, int], later: str
) -> None:
    google.meet("pending", **details)
    assert status(insert(api).json) == "pending"
    assert [status(each) for each in api.list().json["items"]] == [later]


def test_a_failed_meet_link_starts_over_with_another_request_id(
    google: GoogleInProcess, api: GoogleApi
) -> None:
    google.meet("failure", times=1)
    assert status(insert(api, "one").json) == "failure"
    for request_id, expected in (("one", "failure"), ("two", "success")):
        body = {"conferenceData": asked(request_id)}
        assert status(api.patch("class1", body, conferenceDataVersion=1).json) == expected
