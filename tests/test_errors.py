"""Each row of the error table is provoked, and every error has one shape.

A body too large is in test_bad_input.py, a Meet link that does not come in test_create_event.py.
"""

import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from infra.local.gateway import in_background
from infra.local.google import defaults
from infra.local.google.client import Control
from infra.local.processes import free_port, wait_until
from tests.conftest import Serve
from tests.support.classes import Classes
from tests.support.client import Answer
from tests.support.error_answers import (
    BUSY_MACHINE_SECONDS,
    CREATE_TEXT,
    LIST_TEXT,
    PAST_BUDGET,
    assert_create_error,
    assert_error,
    assert_list_error,
)
from tests.support.listing import read_anew
from tests.support.served import PROJECT, Served


@pytest.fixture(scope="module")
def _strict_list(serve_for_session: Serve) -> Served:
    return serve_for_session(
        "list_events",
        EVENTS_CACHE_SECONDS=0,
        EVENTS_STALE_SECONDS=0,
        LIST_BUDGET_SECONDS=1,
        FIRESTORE_EMULATOR_HOST=f"127.0.0.1:{free_port()}",
    )


@pytest.fixture
def strict_list(_strict_list: Served, google: Control) -> Served:
    """`list_events` with no earlier snapshot to fall back on, and no Firestore."""
    read_anew(_strict_list, google)  # whatever failed in the test before
    google.clear_requests()
    return _strict_list


@pytest.fixture(scope="module")
def _hasty_create(serve_for_session: Serve) -> Served:
    return serve_for_session("create_event", CREATE_BUDGET_SECONDS=3, CREATE_LEASE_SECONDS=5)


@pytest.fixture
def hasty_create(_hasty_create: Served, google: Control) -> Served:
    """`create_event` with a small budget."""
    google.clear_requests()
    return _hasty_create


@pytest.fixture(scope="module")
def strangers(serve_for_session: Serve) -> tuple[Served, Served]:
    """Both functions with small budgets, and never yet let in by Google."""
    strict = {"EVENTS_CACHE_SECONDS": 0, "EVENTS_STALE_SECONDS": 0, "LIST_BUDGET_SECONDS": 1}
    listing = serve_for_session("list_events", **strict)
    return listing, serve_for_session("create_event", CREATE_BUDGET_SECONDS=3)


@pytest.fixture
def silent_port() -> Iterator[str]:
    """ "host:port" of a listener that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def _book(served: Served, classes: Classes) -> Answer:
    return served.book(classes.preference_of(classes.add()))


# 400, 404, 405, 409, 413, 422


def test_invalid_request(create_event: Served, strict_list: Served) -> None:
    missing = create_event.request("POST", "/", "{}")
    assert_error(missing, 400, "invalid_request", "Missing preferenceId")
    assert_create_error(create_event.request("POST", "/", "no JSON"), 400, "invalid_request")
    assert_list_error(strict_list.get("?timeMin=soon"), 400, "invalid_request")


def test_virtual_class_not_found(create_event: Served, classes: Classes) -> None:
    classes.add()
    answer = create_event.book("unheard-of")
    assert_error(answer, 404, "virtual_class_not_found", "Virtual class not found")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "BREW"])
def test_create_event_takes_nothing_but_post(create_event: Served, method: str) -> None:
    answer = create_event.request(method, "/api/calendar")
    assert answer.status == 405
    assert answer.headers["Allow"] == "POST"
    if method != "HEAD":
        assert_create_error(answer, 405, "method_not_allowed")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
def test_list_events_only_reads(strict_list: Served, method: str) -> None:
    answer = strict_list.request(method, "/api/calendar", "{}")
    assert_list_error(answer, 405, "method_not_allowed")
    allowed = {name.strip() for name in answer.headers["Allow"].split(",")}
    assert allowed == {"GET", "HEAD", "OPTIONS"}


def test_preference_not_unique(create_event: Served, classes: Classes, google: Control) -> None:
    for _ in range(2):
        classes.add(preferenceId="twice")
    assert_create_error(create_event.book("twice"), 409, "preference_not_unique")
    assert google.events() == []


@pytest.mark.parametrize("status", ["cancelled", "completed", "pending", "scheduled", None])
def test_class_not_bookable(
    create_event: Served, classes: Classes, google: Control, status: str | None
) -> None:
    over = datetime.now(UTC) - timedelta(hours=1)
    times = {"startTime": over - timedelta(hours=1), "endTime": over}
    when: dict[str, Any] = {} if status in ("cancelled", "completed") else times
    class_id = classes.add(status=status, **when)
    answer = create_event.book(classes.preference_of(class_id))
    assert_create_error(answer, 409, "class_not_bookable")
    assert google.events() == []


def test_invalid_virtual_class(create_event: Served, classes: Classes, google: Control) -> None:
    class_id = classes.add(classType="duo", maxParticipants="four", learningFocus=7, endTime="?")
    answer = create_event.book(classes.preference_of(class_id))
    details = " ".join(assert_create_error(answer, 422, "invalid_virtual_class"))
    for field in ("classType", "endTime"):
        assert field in details
    for field in ("startTime", "maxParticipants", "learningFocus"):  # no event needs the latter two
        assert field not in details
    assert google.counts().get("insert", 0) == 0


# 500 misconfigured

REQUIRED = (
    "CALENDAR_ID",
    "AUTH_GOOGLE_ID",
    "AUTH_GOOGLE_SECRET",
    "GOOGLE_REDIRECT_URI",
    "ADMIN_EMAIL",
)
OUT_OF_RANGE: dict[str, object] = {
    "EVENTS_CACHE_SECONDS": 3601,
    "EVENTS_STALE_SECONDS": "a while",
    "EVENTS_WINDOW_DAYS": 0,
    "LIST_BUDGET_SECONDS": 61,
    "CREATE_BUDGET_SECONDS": 1,
    "CREATE_LEASE_SECONDS": -1,
    "TIME_ZONE": "Mars/Olympus_Mons",
}


@pytest.mark.parametrize("name", ["list_events", "create_event"])
def test_all_wrong_settings_are_named_at_once(serve: Serve, name: str, google: Control) -> None:
    served = serve(name, **dict.fromkeys(REQUIRED), **OUT_OF_RANGE, K_SERVICE="service")
    answer = served.get() if name == "list_events" else served.book("any")
    text = LIST_TEXT if name == "list_events" else CREATE_TEXT
    details = " ".join(assert_error(answer, 500, "misconfigured", text))
    emulators = ("GOOGLE_EMULATOR_URL", "FIRESTORE_EMULATOR_HOST")
    for setting in (*REQUIRED, *OUT_OF_RANGE, *emulators):
        assert setting in details, setting
    assert google.counts() == {}


def _make_missing(google: Control) -> None:
    google.replace_secrets({PROJECT: {}})


def _make_empty(google: Control) -> None:
    google.replace_secrets({PROJECT: {defaults.REFRESH_TOKEN_SECRET: ["\n"]}})


def _deny(google: Control) -> None:
    google.settings(denied_secrets=[defaults.REFRESH_TOKEN_SECRET])


def _disable(google: Control) -> None:
    secret = f"{google.url}/v1/projects/{PROJECT}/secrets/{defaults.REFRESH_TOKEN_SECRET}"
    urllib.request.urlopen(f"{secret}/versions/1:disable", b"{}", timeout=10).close()


@pytest.mark.parametrize("spoil", [_make_missing, _make_empty, _deny, _disable])
def test_an_unusable_secret_is_misconfigured(
    strangers: tuple[Served, Served],
    classes: Classes,
    google: Control,
    spoil: Callable[[Control], None],
) -> None:
    spoil(google)
    listing, booking = strangers
    details = assert_list_error(read_anew(listing, google), 500, "misconfigured")
    assert defaults.REFRESH_TOKEN_SECRET in " ".join(details)
    details = assert_create_error(_book(booking, classes), 500, "misconfigured")
    assert defaults.REFRESH_TOKEN_SECRET in " ".join(details)
    assert "token" not in google.counts()


def test_a_wrong_client_secret_is_misconfigured(
    strangers: tuple[Served, Served], classes: Classes, google: Control
) -> None:
    google.settings(clients={defaults.CLIENT_ID: "another"})
    listing, booking = strangers
    details = assert_list_error(read_anew(listing, google), 500, "misconfigured")
    assert "AUTH_GOOGLE_SECRET" in " ".join(details)
    assert_create_error(_book(booking, classes), 500, "misconfigured")
    assert google.counts().keys() == {"secret", "token"}


# 502 calendar_rejected

REJECTIONS = [
    (400, "invalid"),
    (401, "authError"),
    (403, "forbidden"),
    (403, "insufficientPermissions"),
    (403, "accessNotConfigured"),
    (404, "notFound"),
]


@pytest.mark.parametrize(("status", "reason"), REJECTIONS)
def test_calendar_rejected(
    strict_list: Served,
    hasty_create: Served,
    classes: Classes,
    google: Control,
    status: int,
    reason: str,
) -> None:
    for operation in ("list", "insert"):
        google.fault(operation, "status", status=status, reason=reason, times=-1)
    assert_list_error(strict_list.get(), 502, "calendar_rejected")
    answer = _book(hasty_create, classes)
    assert_create_error(answer, 502, "calendar_rejected")
    assert google.counts()["list"] <= 3


def test_a_calendar_that_the_admin_cannot_see_is_rejected(
    strict_list: Served, hasty_create: Served, classes: Classes, google: Control
) -> None:
    google.put_calendar(defaults.CALENDAR_ID, roles={})
    assert_list_error(strict_list.get(), 502, "calendar_rejected")
    assert_create_error(_book(hasty_create, classes), 502, "calendar_rejected")
    assert google.events() == []


def test_a_calendar_that_may_only_be_read_is_rejected(
    hasty_create: Served, classes: Classes, google: Control
) -> None:
    google.settings(access_role="reader")
    class_id = classes.add()
    answer = hasty_create.book(classes.preference_of(class_id))
    assert_create_error(answer, 502, "calendar_rejected")
    document = classes.get(class_id)
    assert document["calendarError"]["code"] == "calendar_rejected"
    assert document["calendarError"].keys() == {"code", "message", "at", "since"}
    assert "calendarClaim" not in document


# 503


FAILURES = [
    (429, "rateLimitExceeded"),
    (500, "backendError"),
    (502, "backendError"),
    (503, "backendError"),
    (403, "rateLimitExceeded"),
    (403, "userRateLimitExceeded"),
]


@pytest.mark.parametrize(("status", "reason"), FAILURES)
def test_calendar_unavailable(
    strict_list: Served,
    hasty_create: Served,
    classes: Classes,
    google: Control,
    status: int,
    reason: str,
) -> None:
    failure = {"status": status, "reason": reason, "times": -1, "retry_after": PAST_BUDGET}
    for operation in ("list", "insert"):
        google.fault(operation, "status", **failure)
    assert_list_error(strict_list.get(), 503, "calendar_unavailable")
    answer = _book(hasty_create, classes)
    assert_create_error(answer, 503, "calendar_unavailable")


@pytest.mark.parametrize("status", [403, 429])
def test_a_spent_quota_is_not_tried_again_and_says_when(
    strict_list: Served, hasty_create: Served, classes: Classes, google: Control, status: int
) -> None:
    for operation in ("list", "insert"):
        google.fault(operation, "status", status=status, reason="quotaExceeded", times=-1)
    listing = strict_list.get()
    assert_list_error(listing, 503, "calendar_unavailable")
    booking = _book(hasty_create, classes)
    assert_create_error(booking, 503, "calendar_unavailable")
    assert listing.headers["Retry-After"] == booking.headers["Retry-After"] == "3600"
    counts = google.counts()
    assert (counts["list"], counts["insert"]) == (1, 1)


BODIES: list[Any] = [
    {"error": "text"},
    {"error": None},
    {"error": {"errors": None, "code": "503"}},
    {"error": {"errors": ["text"]}},
    [],
    "",
    "null",
    "<html><h1>Service unavailable</h1></html>",
    "\x00\xff",
]


@pytest.mark.parametrize("status", [403, 503])
def test_an_error_in_any_form_is_understood(
    strict_list: Served, hasty_create: Served, classes: Classes, google: Control, status: int
) -> None:
    code = "calendar_unavailable" if status == 503 else "calendar_rejected"
    for body in BODIES:
        failure = {"status": status, "body": body, "retry_after": PAST_BUDGET}
        for operation in ("list", "insert"):
            google.fault(operation, "status", **failure)
        answer = read_anew(strict_list, google)
        assert answer.json["code"] == code, body
        answer = _book(hasty_create, classes)
        assert answer.json["code"] == code, body


NO_LISTINGS = ["null", "[]", '{"items": 1}', '{"items": [null]}', '{"items": []']


@pytest.mark.parametrize("body", NO_LISTINGS)
def test_a_listing_that_is_none_is_not_taken_for_a_free_week(
    strict_list: Served, google: Control, body: str
) -> None:
    google.fault("list", "status", status=200, body=body, times=-1)
    assert_list_error(strict_list.get(), 503, "calendar_unavailable")


@pytest.mark.parametrize("kind", ["silence", "drop", "drip"])
def test_list_events_answers_in_time_whatever_the_calendar_does(
    strict_list: Served, google: Control, kind: str
) -> None:
    google.seed(
        {"start": {"dateTime": "2099-03-15T17:00:00Z"}, "end": {"dateTime": "2099-03-15T18:00:00Z"}}
    )
    google.fault("list", kind, times=-1)
    before = time.monotonic()
    answer = strict_list.get()
    assert time.monotonic() - before < 1 + BUSY_MACHINE_SECONDS
    assert_list_error(answer, 503, "calendar_unavailable")


def test_create_event_answers_in_time_though_the_calendar_is_silent(
    hasty_create: Served, classes: Classes, google: Control
) -> None:
    google.fault("insert", "silence", times=-1)
    before = time.monotonic()
    answer = _book(hasty_create, classes)
    assert time.monotonic() - before < 3 + BUSY_MACHINE_SECONDS
    assert_create_error(answer, 503, "calendar_unavailable")


@pytest.mark.parametrize(
    ("operation", "fault", "code"),
    [
        ("secret", "silence", "store_unavailable"),
        ("secret", "status", "store_unavailable"),
        ("token", "silence", "calendar_unavailable"),
    ],
)
def test_credentials_that_cannot_be_had_in_time(
    strangers: tuple[Served, Served],
    classes: Classes,
    google: Control,
    operation: str,
    fault: str,
    code: str,
) -> None:
    google.fault(operation, fault, status=503, reason="UNAVAILABLE", times=-1)
    listing, booking = strangers
    before = time.monotonic()
    assert_create_error(_book(booking, classes), 503, code)
    assert time.monotonic() - before < 3 + BUSY_MACHINE_SECONDS
    assert_list_error(read_anew(listing, google), 503, code)
    assert listing.lines()[-1]["durationMs"] < 1000 * (1 + BUSY_MACHINE_SECONDS)


def test_reauthorization_required(
    strangers: tuple[Served, Served], classes: Classes, google: Control
) -> None:
    google.revoke()
    listing, booking = strangers
    assert_list_error(read_anew(listing, google), 503, "reauthorization_required")
    assert_create_error(_book(booking, classes), 503, "reauthorization_required")
    assert google.events() == []


@pytest.mark.parametrize("what", ["silent", "closed"])
def test_a_firestore_that_does_not_answer_is_store_unavailable(
    serve: Serve, silent_port: str, google: Control, what: str
) -> None:
    host = silent_port if what == "silent" else f"127.0.0.1:{free_port()}"
    served = serve("create_event", CREATE_BUDGET_SECONDS=3, FIRESTORE_EMULATOR_HOST=host)
    before = time.monotonic()
    answer = served.book("any")
    assert time.monotonic() - before < 3 + BUSY_MACHINE_SECONDS
    assert_create_error(answer, 503, "store_unavailable")
    assert google.counts().get("insert", 0) == 0


@contextmanager
def metadata_server() -> Iterator[tuple[str, threading.Event]]:
    """Its "host:port", and what lets it speak: until then it is silent."""
    may_speak = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            may_speak.wait()
            self.send_response(200)
            self.send_header("Metadata-Flavor", "Google")
            self.send_header("Content-Type", "application/text")
            self.end_headers()
            self.wfile.write(PROJECT.encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    try:
        with in_background(server):
            yield f"127.0.0.1:{server.server_port}", may_speak
    finally:
        may_speak.set()
        server.server_close()


def test_a_silent_metadata_server_holds_nobody_up(
    serve: Serve, classes: Classes, tmp_path: Path
) -> None:
    preferences = [classes.preference_of(classes.add()) for _ in range(4)]
    with metadata_server() as (host, may_speak):
        served = serve(
            "create_event",
            CREATE_BUDGET_SECONDS=2,
            GOOGLE_CLOUD_PROJECT=None,
            HOME=tmp_path,
            GCE_METADATA_HOST=host,
            GCE_METADATA_IP=host,
        )
        before = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(served.book, preferences))
        assert time.monotonic() - before < 2 + BUSY_MACHINE_SECONDS
        for answer in answers:
            assert_create_error(answer, 503, "store_unavailable")
        may_speak.set()
        assert wait_until(lambda: served.book(preferences[0]).status == 200, 5)


def test_creation_in_progress(hasty_create: Served, classes: Classes, google: Control) -> None:
    claim = {"token": "another's", "expiresAt": datetime.now(UTC) + timedelta(minutes=5)}
    class_id = classes.add(calendarClaim=claim)
    before = time.monotonic()
    answer = hasty_create.book(classes.preference_of(class_id))
    assert time.monotonic() - before < 3 + BUSY_MACHINE_SECONDS
    assert_create_error(answer, 503, "creation_in_progress")
    assert google.events() == []
    document = classes.get(class_id)
    assert document["calendarClaim"] == claim
    assert "calendarError" not in document
