"""The stand-ins' control: planned answers, the journal of requests, and what it refuses."""

import json
from typing import Any

import pytest

from infra.local.server import HangUp
from infra.local.stand_in.control import ControlError
from tests.support.google_api import CALENDAR, GoogleApi, GoogleInProcess, event


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_status_before_or_after_the_effect(
    google: GoogleInProcess, api: GoogleApi, when: str
) -> None:
    limit = {"status": 429, "reason": "rateLimitExceeded", "message": "slow down"}
    google.fault("insert", "status", when=when, retry_after=7, **limit)
    answer = api.insert(event(id="class1"))
    assert (answer.status, answer.reason) == (429, "rateLimitExceeded")
    assert answer.headers["Retry-After"] == "7"
    noted = google.requests()[-1]
    assert (noted["status"], noted["fault"]) == (429, {"kind": "status", "when": when})
    assert (noted["effect_at"] is not None) == (len(google.events()) == 1) == (when == "after")
    assert api.insert(event(id="class2")).status == 200


@pytest.mark.parametrize("body", ["<html>Bad gateway</html>", "", [], {"error": "text"}])
def test_odd_bodies(google: GoogleInProcess, api: GoogleApi, body: Any) -> None:
    google.fault("token", "status", status=502, body=body)
    answer = api.refresh()
    assert answer.status == 502
    assert answer.body.decode() == (body if isinstance(body, str) else json.dumps(body))


def test_faults_are_counted_skipped_and_matched(google: GoogleInProcess, api: GoogleApi) -> None:
    google.fault("get", "status", skip=1, times=2)
    google.fault("*", "status", match="class9", times=-1)
    assert [api.get("class1").status for _ in range(4)] == [404, 503, 503, 404]
    assert [api.get("class9").status for _ in range(3)] == [503] * 3
    assert api.insert(event(id="class9")).status == 503
    google.clear_faults()
    assert api.get("class9").status == 404


def test_a_dropped_connection_is_noted(google: GoogleInProcess, api: GoogleApi) -> None:
    api.refresh()
    for when in ("before", "after"):
        google.fault("token", "drop", when=when)
        with pytest.raises(HangUp):
            api.refresh()
        noted = google.requests()[-1]
        assert (noted["status"], noted["effect_at"] is not None) == (None, when == "after")
        assert noted["finished_at"] >= noted["received_at"]


def test_echo_is_in_every_error(google: GoogleInProcess, api: GoogleApi) -> None:
    google.settings(echo=["canary-1", "canary-2"])
    google.fault("list", "status")
    for answer in (
        api.list(),
        api.get("none1"),
        api.insert(event(id="UPPER")),
        api.call("GET", f"{CALENDAR}/events"),
        api.call("GET", "/v1/projects/p/secrets/none/versions/latest:access"),
        api.refresh(client_id="none"),
    ):
        assert answer.status >= 400
        assert b"canary-1 canary-2" in answer.body


def test_requests_are_remembered(google: GoogleInProcess, api: GoogleApi) -> None:
    api.insert(event(id="class1"), sendUpdates="all")
    token, insert = google.requests()
    assert (token["operation"], token["body"]["grant_type"]) == ("token", "refresh_token")
    expected = {
        "method": "POST",
        "status": 200,
        "path": "/calendar/v3/calendars/admin%40example.com/events",
        "query": {"sendUpdates": ["all"]},
        "body": event(id="class1"),
        "headers": {},
    }
    assert {name: insert[name] for name in expected} == expected
    assert insert["received_at"] <= insert["effect_at"] <= insert["finished_at"]
    assert google.requests("token") == google.requests()[:1] == [token]
    assert google.requests(after=1) == [insert]
    assert google.counts() == {"token": 1, "insert": 1}
    google.clear_requests()
    assert (google.requests(), google.counts()) == ([], {})


@pytest.mark.parametrize(
    ("method", "args", "details"),
    [
        ("settings", (), {"unknown": 1}),
        ("meet", (), {"kind": "success"}),
        ("none", (), {}),
        ("fault", ("insert", "explode"), {}),
        ("fault", ("insert", "drop"), {"often": 2}),
        ("fault", ("insert", "drop"), {"when": "later"}),
        ("seed", ({"title": "x"},), {}),
        ("remove", ("none1",), {}),
        ("revoke", ("none",), {}),
    ],
)
def test_control_says_what_it_cannot_do(
    google: GoogleInProcess, method: str, args: tuple[Any, ...], details: dict[str, Any]
) -> None:
    with pytest.raises(ControlError):
        getattr(google, method)(*args, **details)
