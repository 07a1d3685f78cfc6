"""What both functions ask of Google: nothing it does not know, and no more than they need."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from infra.local.google import defaults
from infra.local.google.control import Control
from tests.conftest import Serve
from tests.support.classes import Classes
from tests.support.served import Served

Requests = list[dict[str, Any]]

FIELDS_OF_A_SLOT = {
    "kind",
    "nextPageToken",
    "items",
    "id",
    "iCalUID",
    "start",
    "end",
    "date",
    "dateTime",
    "status",
    "transparency",
    "eventType",
    "attendees",
    "self",
    "responseStatus",
}


@pytest.fixture(scope="module")
def mixed_run(
    _list_events: Served, _create_event: Served, emulator: str, stand_in: Control
) -> Requests:
    """Everything both functions may ask for, each at least once."""
    stand_in.reset()
    with Classes(emulator) as classes:
        _run(_list_events, _create_event, classes, stand_in)
    assert stand_in.refusals() == []
    return stand_in.requests()


def _run(list_events: Served, create_event: Served, classes: Classes, google: Control) -> None:
    google.settings(page_size=1, refused_emails=["refused@example.com"])
    kept = classes.add()
    moved = classes.add(classType="grupal", maxParticipants=4)
    withdrawn = classes.add(studentEmail="refused@example.com")
    pending = classes.add(studentEmail="")
    preferences = [classes.preference_of(each) for each in (kept, moved, withdrawn)]
    for preference_id in preferences:
        assert create_event.book(preference_id).status == 200
    google.meet("pending", reads=1)
    assert create_event.book(classes.preference_of(pending)).status == 200

    start = classes.get(moved)["startTime"] + timedelta(hours=3)
    classes.change(moved, startTime=start, endTime=start + timedelta(hours=1))
    classes.change(withdrawn, status="cancelled")
    google.remove(classes.get(kept)["googleEventId"])
    classes.change(kept, learningFocus="Another focus")
    assert [create_event.book(each).status for each in preferences] == [200, 200, 409]
    assert len(list_events.get().json) == 3


def of(requests: Requests, operation: str) -> Requests:
    found = [request for request in requests if request["operation"] == operation]
    assert found, f"the run made no {operation}"
    return found


def test_list_asks_for_slots_and_nothing_else(mixed_run: Requests) -> None:
    pages = [request["query"] for request in of(mixed_run, "list")]
    assert len(pages) >= 3
    for query in pages:
        [fields] = query["fields"]
        assert set(re.findall(r"\w+", fields)) <= FIELDS_OF_A_SLOT
        assert "nextPageToken" in fields
        assert query["maxResults"] == ["2500"]
        assert query["maxAttendees"] == ["1"]
        assert query["singleEvents"][0].lower() == "true"
        assert query["timeZone"] == [defaults.TIME_ZONE]
        assert query.get("showDeleted", ["false"])[0].lower() == "false"
        since, until = (datetime.fromisoformat(query[name][0]) for name in ("timeMin", "timeMax"))
        assert since.utcoffset() is not None
        assert until - since == timedelta(days=2 + 90 + 2)
    listings = {(query["timeMin"][0], query["timeMax"][0]) for query in pages}
    assert len(listings) == 1, "the window moved between pages"


def test_inserts_invite_and_ask_for_meet_under_an_id_of_ours(mixed_run: Requests) -> None:
    for request in of(mixed_run, "insert"):
        assert request["query"]["conferenceDataVersion"] == ["1"]
        assert request["query"]["sendUpdates"] == ["all"]
        assert "fields" in request["query"]
        body = request["body"]
        assert re.fullmatch(r"[a-v0-9]{5,1024}", body["id"])
        assert body["extendedProperties"]["private"]["managedBy"] == "virtual-classes"
        assert body["conferenceData"]["createRequest"]["requestId"]
        assert body["start"]["timeZone"] == body["end"]["timeZone"] == defaults.TIME_ZONE


def test_patches_carry_the_etag_that_was_read(mixed_run: Requests) -> None:
    for request in of(mixed_run, "patch"):
        assert re.fullmatch(r'"[^"]+"', request["headers"]["if-match"])
        assert request["query"]["sendUpdates"] in (["all"], ["none"])


def test_a_withdrawn_event_is_told_to_its_guests(mixed_run: Requests) -> None:
    [request] = of(mixed_run, "delete")
    assert request["query"]["sendUpdates"] == ["all"]


def test_no_credential_is_in_an_address(mixed_run: Requests) -> None:
    for request in mixed_run:
        assert not {"key", "access_token", "oauth_token"} & request["query"].keys()
        assert defaults.REFRESH_TOKEN not in f"{request['path']}{request['query']}"
        assert defaults.CLIENT_SECRET not in f"{request['path']}{request['query']}"


def test_one_connection_serves_one_read_after_the_other(serve: Serve, google: Control) -> None:
    function = serve("list_events", EVENTS_CACHE_SECONDS=0)
    for _ in range(4):
        assert function.get().status == 200
    reads = google.requests("list")
    assert len(reads) == 4
    assert len({read["client"] for read in reads}) == 1
