"""The log: a line for each request that an operator can search, and nothing in it to hide."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.google import defaults
from infra.local.google.client import Control
from tests.conftest import Serve
from tests.support.classes import Classes
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


def test_a_listing_is_one_line(serve: Serve, google: Control) -> None:
    google.seed(
        *(
            {"start": {"date": "2020-01-01"}, "end": {"date": f"{year}-01-02"}}
            for year in (2097, 2098, 2099)
        )
    )
    google.settings(page_size=1)
    served = serve("list_events")
    served.forget_log()
    for expected in ({"secret_manager": 1, "token": 1, "calendar": 3}, {}):
        assert served.get().status == 200
        line = only_line(served)
        assert (line["severity"], line["code"], line["status"]) == ("INFO", "ok", 200)
        assert calls(line) == expected
    google.expire_access_tokens()
    for method, status in (("HEAD", 200), ("OPTIONS", 204), ("POST", 405)):
        assert served.request(method).status == status
        line = only_line(served)
        assert line["status"] == status
        assert calls(line) == {}


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


def test_the_calls_of_a_class_that_is_followed_are_counted(
    create_event: Served, classes: Classes, google: Control
) -> None:
    class_id = classes.add()
    preference_id = classes.preference_of(class_id)
    assert create_event.book(preference_id).status == 200
    for change, operations in (
        ({"learningFocus": "Grammar"}, ("get", "patch", "insert")),
        ({"status": "cancelled"}, ("get", "delete")),
    ):
        classes.change(class_id, **change)
        google.clear_requests()
        create_event.forget_log()
        create_event.book(preference_id)
        received = google.counts()
        assert received.keys() <= set(operations)
        assert only_line(create_event)["calls"]["calendar"] == sum(received.values())


# Severity


def test_the_severity_tells_who_has_to_act(
    create_event: Served, classes: Classes, google: Control
) -> None:
    def severity(preference_id: str, status: int) -> str:
        create_event.forget_log()
        assert create_event.book(preference_id).status == status
        line = only_line(create_event)
        assert line["status"] == status
        return str(line["severity"])

    over = datetime.now(UTC) - timedelta(hours=1)
    past = {"startTime": over - timedelta(hours=1), "endTime": over}

    def preference(**fields: Any) -> str:
        return classes.preference_of(classes.add(**fields))

    assert severity(preference(), 200) == "INFO"
    assert severity(preference(**past), 409) == "ERROR"
    assert severity("unheard-of", 404) in ("WARNING", "ERROR")
    assert severity(preference(classType="duo"), 422) in ("WARNING", "ERROR")
    google.fault("insert", "status", status=403, reason="forbidden", times=-1)
    assert severity(preference(), 502) == "ERROR"


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


@pytest.mark.parametrize(
    "headers",
    [
        {"traceparent": f"00-{TRACE}-{SPAN}-01"},
        {"traceparent": f"00-{TRACE}-{SPAN}-00", "X-Cloud-Trace-Context": "f" * 32 + "/1;o=1"},
        {"X-Cloud-Trace-Context": f"{TRACE}/1234567890;o=1"},
        {"X-Cloud-Trace-Context": f"{TRACE}/1"},
        {"X-Cloud-Trace-Context": TRACE},
        {"traceparent": "00-nonsense", "X-Cloud-Trace-Context": f"{TRACE}/1;o=0"},
    ],
)
def test_a_trace_is_named_in_full(
    create_event: Served, list_events: Served, headers: dict[str, str]
) -> None:
    for served in (create_event, list_events):
        served.request("POST", "/", "{}", headers)
        assert only_line(served)[TRACE_FIELD] == f"projects/{PROJECT}/traces/{TRACE}"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"traceparent": ""},
        {"traceparent": TRACE},
        {"traceparent": f"00-{TRACE}-{SPAN}"},
        {"traceparent": f"00-{TRACE}-{SPAN}-1"},
        {"traceparent": f"00-{TRACE.upper()}-{SPAN}-01"},
        {"traceparent": f"00-{'0' * 32}-{SPAN}-01"},
        {"traceparent": f"00-{TRACE}-{'0' * 16}-01"},
        {"traceparent": f"ff-{TRACE}-{SPAN}-01"},
        {"traceparent": f"00-{TRACE}-{SPAN}-01-x"},
        {"traceparent": f"00-{TRACE[:-1]}-{SPAN}-01"},
        {"traceparent": f"00-{TRACE[:-1]}g-{SPAN}-01"},
        {"traceparent": f'00-{TRACE}", "severity": "CRITICAL-{SPAN}-01'},
        {"traceparent": f"00-{'a' * 4000}-{SPAN}-01"},
        {"X-Cloud-Trace-Context": "nonsense"},
        {"X-Cloud-Trace-Context": f"{TRACE[:-1]}/1;o=1"},
        {"X-Cloud-Trace-Context": f"{TRACE}0/1;o=1"},
        {"X-Cloud-Trace-Context": f"{TRACE}/x;o=1"},
        {"X-Cloud-Trace-Context": f"{'0' * 32}/1;o=1"},
        {"X-Cloud-Trace-Context": f"../{TRACE}"},
    ],
)
def test_a_trace_that_is_none_is_not_logged(create_event: Served, headers: dict[str, str]) -> None:
    create_event.request("POST", "/", "{}", headers)
    line = only_line(create_event)
    assert TRACE_FIELD not in line
    assert line["severity"] != "CRITICAL"


# What must not be there

CANARY = "canary"
TOKEN = f"{CANARY}-refresh-token"
CLIENT_SECRET = f"{CANARY}-client-secret"


@pytest.fixture(scope="module")
def _told(serve_for_session: Serve) -> list[Served]:
    settings = {
        "AUTH_GOOGLE_SECRET": CLIENT_SECRET,
        "CREATE_BUDGET_SECONDS": 3,
        "LIST_BUDGET_SECONDS": 1,
        "EVENTS_CACHE_SECONDS": 0,
        "EVENTS_STALE_SECONDS": 0,
    }
    return [serve_for_session(name, **settings) for name in ("create_event", "list_events")]


@pytest.fixture
def told(_told: list[Served], google: Control) -> list[Served]:
    """Both functions, with a canary in every secret and in whatever Google answers."""
    google.settings(
        clients={defaults.CLIENT_ID: CLIENT_SECRET},
        echo=[CANARY, TOKEN, CLIENT_SECRET, f"{CANARY}@example.com"],
        refused_emails=[f"{CANARY}-refused@example.com"],
    )
    google.add_refresh_token(TOKEN)
    google.add_secret_version(TOKEN, PROJECT)
    for served in _told:
        served.forget_log()
    return _told


def assert_nothing_told(told: list[Served], classes: Classes, ids: list[str]) -> None:
    for served in told:
        for line in served.text().splitlines():
            assert line.startswith("{"), line
            for hidden in (CANARY, "@example.com", "%40example.com", "ya29."):
                assert hidden not in line, line
    for class_id in ids:
        assert CANARY not in str(classes.get(class_id).get("calendarError"))


def _add(classes: Classes, **fields: Any) -> str:
    private = {"studentEmail": f"{CANARY}@example.com", "learningFocus": f"{CANARY} focus"}
    return classes.add(**private | fields)


CREDENTIAL_FAULTS: list[tuple[str, dict[str, Any]]] = [
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
]


def test_neither_log_nor_class_tells_what_the_credentials_were(
    told: list[Served], classes: Classes, google: Control
) -> None:
    """Comes first: later both functions have a token."""
    create, listing = told
    class_id = _add(classes)
    for number, (operation, fault) in enumerate(CREDENTIAL_FAULTS):
        google.fault(operation, "status", **fault, times=-1)
        # In turns: most of these are tried again until a budget is spent.
        if number % 2:
            answer = read_anew(listing, google)
        else:
            answer = create.book(classes.preference_of(class_id))
        assert answer.status in (500, 502, 503), (fault, answer.body)
        assert answer.json["code"] != "internal_error", (operation, fault)
        assert CANARY not in answer.body.decode()
        assert_nothing_told(told, classes, [class_id])
        google.clear_faults()


FAULTS: list[dict[str, Any]] = [
    {"status": 400, "reason": "invalid", "message": f"Invalid {CANARY}@example.com"},
    {"status": 403, "reason": f"{CANARY}", "message": CANARY},
    {"status": 403, "reason": "quotaExceeded"},
    {"status": 404, "reason": "notFound"},
    {"status": 418, "body": f"<html>{CANARY}</html>", "content_type": "text/html"},
    {"status": 500, "body": {"error": CANARY}, "retry_after": 60},
    {"status": 503, "body": [CANARY], "retry_after": 60},
    {"status": 429, "reason": CANARY, "retry_after": 60},
    {"status": 302, "body": CANARY},
    {"status": 200, "body": f'{{"items": "{CANARY}", "id": {{}}, "start": "{CANARY}"}}'},
    {"status": 200, "body": f"{CANARY}"},
]


def test_neither_log_nor_class_tells_what_the_calendar_said(
    told: list[Served], classes: Classes, google: Control
) -> None:
    create, listing = told
    ids = []
    for fault in FAULTS:
        for operation in ("insert", "list"):
            google.fault(operation, "status", **fault, times=-1)
        ids.append(_add(classes))
        answer = create.book(classes.preference_of(ids[-1]))
        assert answer.json["code"] != "internal_error", fault
        assert CANARY not in answer.body.decode()
        answer = read_anew(listing, google)
        assert answer.json["code"] != "internal_error", fault
        assert CANARY not in answer.body.decode()
        google.clear_faults()
    assert_nothing_told(told, classes, ids)


def test_neither_log_nor_class_tells_what_was_booked(
    told: list[Served], classes: Classes, google: Control
) -> None:
    create, listing = told
    booked = _add(classes)
    refused = _add(classes, studentEmail=f"{CANARY}-refused@example.com")
    malformed = _add(classes, studentEmail=f"{CANARY} at example.com")
    ids = [booked, refused, malformed]
    for class_id in ids * 2:
        assert create.book(classes.preference_of(class_id)).status == 200
    assert read_anew(listing, google).status == 200
    classes.change(booked, learningFocus=f"{CANARY} other focus")
    google.edit(classes.get(booked)["googleEventId"], {"summary": CANARY})
    assert create.book(classes.preference_of(booked)).status == 200
    bad = [
        _add(classes, classType=CANARY),
        _add(classes, startTime=CANARY, endTime=[CANARY], maxParticipants=CANARY, status=CANARY),
        _add(classes, endTime=CANARY, learningFocus={CANARY: CANARY}),
    ]
    for class_id in bad:
        answer = create.book(classes.preference_of(class_id))
        assert answer.status == 422
        assert CANARY not in answer.body.decode()
    create.request("POST", f"/{CANARY}?{CANARY}=1", f'{{"preferenceId": 7, "x": "{CANARY}"}}')
    create.request("POST", "/", f'{{"preferenceId": "{CANARY}\\u0000"}}', {"X-Canary": CANARY})
    listing.get(f"?timeMin={CANARY}", Origin=f"https://{CANARY}.example", Cookie=CANARY)
    assert_nothing_told(told, classes, ids + bad)


def test_neither_log_nor_class_tells_which_token_was_revoked(
    told: list[Served], classes: Classes, google: Control
) -> None:
    """Comes last: afterwards both functions leave the token alone for a while."""
    create, listing = told
    google.revoke(TOKEN)
    class_id = _add(classes)
    for answer in (create.book(classes.preference_of(class_id)), listing.get()):
        assert answer.json["code"] == "reauthorization_required"
        assert CANARY not in answer.body.decode()
    assert_nothing_told(told, classes, [class_id])
