"""The log: a line for each request that an operator can search, and nothing in it to hide."""

import json
import time
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from infra.local.google.control import Control
from tests.conftest import Serve
from tests.support.canaries import CANARIES
from tests.support.classes import Classes
from tests.support.error_answers import PAST_BUDGET
from tests.support.listing import read_anew
from tests.support.served import PROJECT, Served

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
TRACE_FIELD = "logging.googleapis.com/trace"
COMMON = {"severity", "message", "function", "code", "status", "durationMs", "calls"}

Line = dict[str, Any]


def only_line(served: Served) -> Line:
    """The one line of the one request since the log was last forgotten."""
    [line] = [json.loads(text) for text in served.text().splitlines()]
    assert line.keys() >= COMMON
    assert line["function"] == served.name
    assert isinstance(line["message"], str) and line["message"]
    assert isinstance(line["durationMs"], int | float) and line["durationMs"] >= 0
    served.forget_log()
    found: Line = line
    return found


def calls(line: Line) -> dict[str, int]:
    """The calls to each service; one that is not named was not called."""
    return {service: number for service, number in line["calls"].items() if number}


# One line per request


def test_a_booking_is_one_line(serve: Serve, classes: Classes) -> None:
    served = serve("create_event")
    served.forget_log()
    class_id = classes.add()
    preference_id = classes.preference_of(class_id)
    for what in ("first", "repeat"):
        before = time.monotonic()
        assert served.book(preference_id).status == 200
        took = 1000 * (time.monotonic() - before)
        line = only_line(served)
        assert (line["severity"], line["code"], line["status"]) == ("INFO", "ok", 200)
        assert line["classId"] == class_id
        assert line["preferenceId"] == preference_id
        assert line["eventId"] == classes.get(class_id)["googleEventId"]
        assert line["durationMs"] <= took
        first = {"firestore": 3, "secret_manager": 1, "token": 1, "calendar": 1}
        assert calls(line) == (first if what == "first" else {"firestore": 1})


def test_a_listing_that_read_the_calendar_is_one_line_and_others_none(
    serve: Serve, google: Control
) -> None:
    google.seed(
        *(
            {"start": {"date": "2020-01-01"}, "end": {"date": f"{year}-01-02"}}
            for year in (2097, 2098, 2099)
        )
    )
    google.settings(page_size=1)
    served = serve("list_events")
    served.forget_log()
    answer = served.get()
    line = only_line(served)
    assert (line["severity"], line["code"], line["status"]) == ("INFO", "ok", 200)
    assert calls(line) == {"secret_manager": 1, "token": 1, "calendar": 3}
    for _ in range(100):
        assert served.get().status == 200
    assert served.get("", **{"If-None-Match": answer.headers["ETag"]}).status == 304
    for method, status in (("HEAD", 200), ("OPTIONS", 204)):
        assert served.request(method).status == status
    assert served.lines() == []
    assert served.request("POST").status == 405
    line = only_line(served)
    assert (line["status"], calls(line)) == (405, {})


def test_what_was_called_again_is_counted_again(
    create_event: Served, classes: Classes, google: Control
) -> None:
    assert create_event.book(classes.preference_of(classes.add())).status == 200
    google.expire_access_tokens()
    google.fault("insert", "status", status=503, skip=1)
    google.clear_requests()
    create_event.forget_log()
    assert create_event.book(classes.preference_of(classes.add())).status == 200
    received = google.counts()
    line = only_line(create_event)
    assert line["calls"]["token"] == received["token"] == 1
    assert line["calls"]["calendar"] == received["insert"] == 3


# Severity


def test_how_long_a_class_is_unbooked_is_logged(
    create_event: Served, classes: Classes, google: Control
) -> None:
    class_id = classes.add()
    preference_id = classes.preference_of(class_id)
    google.fault("insert", "status", status=403, reason="forbidden", times=-1)
    assert create_event.book(preference_id).status == 502
    since = classes.get(class_id)["calendarError"]["since"]
    classes.change(class_id, **{"calendarError.since": since - timedelta(minutes=20)})
    create_event.forget_log()
    assert create_event.book(preference_id).status == 502
    line = only_line(create_event)
    assert 1200 <= line["unbookedSeconds"] < 1300
    assert line["classId"] == class_id
    kept = classes.get(class_id)["calendarError"]
    assert kept["since"] == since - timedelta(minutes=20)
    assert kept["at"] > kept["since"]

    google.clear_faults()
    assert create_event.book(preference_id).status == 200
    assert "unbookedSeconds" not in only_line(create_event)
    assert "calendarError" not in classes.get(class_id)


# Trace


def test_a_line_belongs_to_the_trace_of_its_request(
    create_event: Served, list_events: Served
) -> None:
    """Which headers name one is a table in unit/test_log.py."""
    for served in (create_event, list_events):
        served.request("POST", "/", "{}", {"traceparent": f"00-{TRACE}-{SPAN}-01"})
        assert only_line(served)[TRACE_FIELD] == f"projects/{PROJECT}/traces/{TRACE}"
        served.request("POST", "/", "{}", {"traceparent": f'00-{TRACE}", "severity": "CRITICAL'})
        assert TRACE_FIELD not in only_line(served)


# What must not be there. That it is not is seen to in every test: of a log when its function
# ends, of a class when its test does, of each answer at once (support/canaries.py).

CANARY = CANARIES[0]


@pytest.fixture(scope="module")
def hasty(serve_for_session: Serve) -> tuple[Served, Served]:
    """Both functions with small budgets, the listing with no snapshot to fall back on."""
    stale = {"EVENTS_CACHE_SECONDS": 0, "EVENTS_STALE_SECONDS": 0, "LIST_BUDGET_SECONDS": 1}
    listing = serve_for_session("list_events", **stale)
    return serve_for_session("create_event", CREATE_BUDGET_SECONDS=2.5), listing


Fault = dict[str, Any]
ANSWERS: list[tuple[str, Fault]] = [
    ("secret", {"status": 500, "reason": "INTERNAL", "message": CANARY}),
    ("secret", {"status": 403, "reason": "PERMISSION_DENIED"}),
    ("secret", {"status": 404, "reason": CANARY}),
    ("secret", {"status": 200, "body": {"payload": {"data": CANARY}}}),
    ("secret", {"status": 200, "body": CANARY}),
    ("token", {"status": 400, "reason": CANARY}),
    ("token", {"status": 503, "body": f"<html>{CANARY}</html>"}),
    ("token", {"status": 200, "body": {"access_token": 7, "scope": CANARY}}),
    ("token", {"status": 200, "body": {"access_token": f"{CANARY}\r\nX: y", "expires_in": "-"}}),
    ("token", {"status": 401, "reason": "invalid_client"}),
    ("insert", {"status": 400, "reason": "invalid", "message": f"Invalid {CANARY}"}),
    ("insert", {"status": 403, "reason": CANARY, "message": CANARY}),
    ("insert", {"status": 404, "reason": "notFound"}),
    ("insert", {"status": 418, "body": f"<html>{CANARY}</html>"}),
    ("insert", {"status": 500, "body": {"error": CANARY}}),
    ("insert", {"status": 503, "body": [CANARY]}),
    ("insert", {"status": 429, "reason": CANARY}),
    ("insert", {"status": 302, "body": CANARY}),
    ("insert", {"status": 200, "body": f'{{"id": {{}}, "start": "{CANARY}"}}'}),
    ("list", {"status": 403, "reason": CANARY, "message": CANARY}),
    ("list", {"status": 200, "body": f'{{"items": "{CANARY}"}}'}),
    ("list", {"status": 200, "body": CANARY}),
]


@pytest.mark.parametrize(("operation", "fault"), ANSWERS)
def test_no_word_of_google_is_told(
    hasty: tuple[Served, Served], classes: Classes, google: Control, operation: str, fault: Fault
) -> None:
    create, listing = hasty
    google.expire_access_tokens()  # both secret and token are then asked for
    google.fault(operation, "status", times=-1, retry_after=PAST_BUDGET, **fault)
    if operation == "list":
        answer = read_anew(listing, google)
    else:
        answer = create.book(classes.preference_of(classes.add()))
    assert answer.status in (500, 502, 503), answer.body
    assert answer.json["code"] != "internal_error"


def test_nothing_private_of_a_request_or_a_class_is_told(
    create_event: Served, list_events: Served, classes: Classes, google: Control
) -> None:
    def book(**fields: Any) -> int:
        return create_event.book(classes.preference_of(classes.add(**fields))).status

    google.settings(refused_emails=["refused@example.com"])
    assert [book(), book(studentEmail="refused@example.com")] == [200, 200]
    assert book(studentEmail="malformed at example.com", learningFocus={CANARY: CANARY}) == 200
    assert book(classType=CANARY) == 422
    assert book(startTime=CANARY, endTime=[CANARY], maxParticipants=CANARY, status=CANARY) == 422
    query, body = f"?{quote(CANARY)}=1", f'{{"preferenceId": 7, "x": "{CANARY}"}}'
    create_event.request("POST", f"/{CANARY}{query}", body, {"X-Canary": CANARY, "Cookie": CANARY})
    list_events.get(f"?timeMin={quote(CANARY)}", Origin=f"https://{CANARY}", Cookie=CANARY)
    assert all(line.startswith("{") for line in create_event.text().splitlines())
