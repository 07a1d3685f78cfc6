"""What goes wrong is answered as documented, within the budget, and nothing is booked by it.

Each row of the error table is provoked in test_openapi.py, what each answer of Google means is in
unit/test_calendar_answers.py; here is what leads to an error besides.
"""

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.local.google import defaults
from infra.local.google.control import Control
from infra.local.processes import free_port, wait_until
from shared.google.credentials import PREPARED_SECONDS
from tests.conftest import Serve
from tests.support.classes import Classes, Document
from tests.support.client import Answer, send
from tests.support.error_answers import (
    assert_create_error,
    assert_list_error,
    within,
)
from tests.support.line import Line
from tests.support.listing import read_anew
from tests.support.raw_server import raw_server, read_request
from tests.support.served import PROJECT, Served

DAY = timedelta(days=1)
BUDGET = 2.5
"""Of a booking, in seconds; the listing's is one."""


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
    return serve_for_session("create_event", CREATE_BUDGET_SECONDS=BUDGET, CREATE_LEASE_SECONDS=5)


@pytest.fixture
def hasty_create(_hasty_create: Served, google: Control) -> Served:
    """`create_event` with a small budget."""
    google.clear_requests()
    return _hasty_create


@pytest.fixture(scope="module")
def _stranger(serve_for_session: Serve) -> Served:
    return serve_for_session("create_event", CREATE_BUDGET_SECONDS=BUDGET)


@pytest.fixture
def stranger(_stranger: Served) -> Served:
    """`create_event` with a small budget, never yet let in by Google."""
    time.sleep(PREPARED_SECONDS)  # then the failure of the test before is forgotten
    return _stranger


def book(served: Served, classes: Classes, **fields: Any) -> Answer:
    return served.book(classes.preference_of(classes.add(**fields)))


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


ENDED = datetime.now(UTC) - timedelta(seconds=5)
OVER = {"startTime": ENDED - DAY, "endTime": ENDED}
BAD = {"classType": "duo", "endTime": "?", "status": 3}
UNBOOKABLE: dict[str, tuple[list[Document], int, str, str]] = {
    "not written yet": ([], 404, "virtual_class_not_found", "WARNING"),
    "two of one preference": ([{}, {}], 409, "preference_not_unique", "ERROR"),
    "cancelled": ([{"status": "cancelled"}], 409, "class_not_bookable", "WARNING"),
    "over": ([OVER], 409, "class_not_bookable", "ERROR"),
    "bad": ([BAD], 422, "invalid_virtual_class", "ERROR"),
}


@pytest.mark.parametrize("name", UNBOOKABLE)
def test_a_class_that_cannot_be_booked_gets_no_event_and_is_told_to_cloud_tasks(
    create_event: Served, classes: Classes, google: Control, name: str
) -> None:
    """Which repeats everything but 2xx. The body and the log are as for any caller."""
    documents, status, code, severity = UNBOOKABLE[name]
    for document in documents:
        classes.add(preferenceId="unbookable", **document)
    usual = create_event.book("unbookable")
    details = assert_create_error(usual, status, code)
    named = {detail.partition(" ")[0] for detail in details}
    assert named == ({"classType", "endTime", "status"} if status == 422 else set())

    create_event.forget_log()
    answer = create_event.book("unbookable", **{"X-CloudTasks-TaskName": "1"})
    is_settled = code == "class_not_bookable"
    assert (answer.status, answer.body) == (202 if is_settled else status, usual.body)
    [line] = create_event.lines()
    assert (line["status"], line["code"], line["severity"]) == (status, code, severity)
    assert google.counts().get("insert", 0) == 0


@pytest.mark.parametrize("name", ["list_events", "create_event"])
def test_all_wrong_settings_are_named_at_once(serve: Serve, name: str, google: Control) -> None:
    wrong = {"CALENDAR_ID": None, "TIME_ZONE": "Mars/Olympus_Mons", "EVENTS_WINDOW_DAYS": 0}
    served = serve(name, **wrong, K_SERVICE="service")
    answer = served.get() if name == "list_events" else served.book("any")
    assert (answer.status, answer.json["code"]) == (500, "misconfigured")
    named = {detail.partition(" ")[0] for detail in answer.json["details"]}
    assert named == {*wrong, "GOOGLE_EMULATOR_URL", "FIRESTORE_EMULATOR_HOST"}
    assert google.counts() == {}


# Credentials


SECRET = defaults.REFRESH_TOKEN_SECRET


def deny_secret(google: Control) -> None:
    google.fault("secret", "status", times=-1, status=403, reason="PERMISSION_DENIED")


def disable_secret(google: Control) -> None:
    path = f"/v1/projects/{PROJECT}/secrets/{SECRET}/versions/1:disable"
    assert send(google.url.removeprefix("http://"), "POST", path, "{}").status == 200


MISCONFIGURED: dict[str, tuple[Callable[[Control], object], str]] = {
    "no secret": (lambda google: google.replace_secrets(PROJECT, {}), SECRET),
    "empty secret": (lambda google: google.replace_secrets(PROJECT, {SECRET: ["\n"]}), SECRET),
    "disabled secret": (disable_secret, SECRET),
    "forbidden secret": (deny_secret, SECRET),
    "wrong client secret": (
        lambda google: google.settings(clients={defaults.CLIENT_ID: "another"}),
        "AUTH_GOOGLE_SECRET",
    ),
}


@pytest.mark.parametrize(("spoil", "named"), MISCONFIGURED.values(), ids=MISCONFIGURED)
def test_credentials_that_cannot_work_are_named(
    stranger: Served,
    classes: Classes,
    google: Control,
    spoil: Callable[[Control], object],
    named: str,
) -> None:
    spoil(google)
    [detail] = assert_create_error(book(stranger, classes), 500, "misconfigured")
    assert named in detail
    assert ("token" in google.counts()) == (named != SECRET)


@pytest.mark.parametrize(
    ("operation", "fault", "code"),
    [
        ("secret", "status", "store_unavailable"),
        ("secret", "silence", "store_unavailable"),
        ("secret", "drip", "store_unavailable"),
        ("token", "silence", "calendar_unavailable"),
        ("token", "drip", "calendar_unavailable"),
    ],
)
def test_credentials_that_cannot_be_had_in_time(
    stranger: Served, classes: Classes, google: Control, operation: str, fault: str, code: str
) -> None:
    google.fault(operation, fault, status=503, reason="UNAVAILABLE", times=-1)
    with within(BUDGET):
        assert_create_error(book(stranger, classes), 503, code)


# The calendar


def test_a_token_that_google_never_accepts_is_a_refusal(
    hasty_create: Served, classes: Classes, google: Control
) -> None:
    google.fault("insert", "status", status=401, reason="authError", times=-1)
    assert_create_error(book(hasty_create, classes), 502, "calendar_rejected")
    assert google.counts()["insert"] == 2


def test_a_spent_quota_is_not_tried_again_and_says_when(
    strict_list: Served, hasty_create: Served, classes: Classes, google: Control
) -> None:
    for operation in ("list", "insert"):
        google.fault(operation, "status", status=403, reason="quotaExceeded", times=-1)
    listing, booking = strict_list.get(), book(hasty_create, classes)
    assert_list_error(listing, 503, "calendar_unavailable")
    assert_create_error(booking, 503, "calendar_unavailable")
    assert listing.headers["Retry-After"] == booking.headers["Retry-After"] == "3600"
    assert (google.counts()["list"], google.counts()["insert"]) == (1, 1)


def test_a_calendar_that_may_only_be_read_is_rejected(
    hasty_create: Served, classes: Classes, google: Control
) -> None:
    google.put_calendar(defaults.CALENDAR_ID, roles={defaults.ACCOUNT: "reader"})
    class_id = classes.add()
    answer = hasty_create.book(classes.preference_of(class_id))
    assert_create_error(answer, 502, "calendar_rejected")
    document = classes.get(class_id)
    assert document["calendarError"]["code"] == "calendar_rejected"
    assert document["calendarError"].keys() == {"code", "message", "at", "since"}
    assert "calendarClaim" not in document


def test_an_event_made_under_another_id_is_rejected_and_not_made_again(
    hasty_create: Served, classes: Classes, google: Control
) -> None:
    google.fault("insert", "other_id", times=-1)
    class_id = classes.add()
    for deliveries in (1, 2, 3):
        answer = hasty_create.book(classes.preference_of(class_id))
        assert_create_error(answer, 502, "calendar_rejected")
        assert google.counts()["insert"] == deliveries
        assert {event["status"] for event in google.events()} == {"cancelled"}
        document = classes.get(class_id)
        assert document["calendarError"]["code"] == "calendar_rejected"
        assert not document.keys() & {"googleEventId", "calendarClaim"}
    google.clear_faults()
    assert hasty_create.book(classes.preference_of(class_id)).status == 200
    assert [event["status"] for event in google.events()].count("confirmed") == 1


def test_an_event_made_under_another_id_that_cannot_be_deleted(
    hasty_create: Served, classes: Classes, google: Control
) -> None:
    google.fault("insert", "other_id")
    google.fault("delete", "status", times=-1, status=403, reason="forbidden")
    class_id = classes.add()
    answer = hasty_create.book(classes.preference_of(class_id))
    assert_create_error(answer, 502, "calendar_rejected")
    assert google.counts()["insert"] == 1
    assert classes.get(class_id)["calendarError"]["code"] == "calendar_rejected"


@pytest.mark.parametrize("operation", ["get", "patch"])
def test_an_answer_about_another_event_is_rejected(
    hasty_create: Served, classes: Classes, google: Control, operation: str
) -> None:
    class_id = classes.add()
    assert hasty_create.book(classes.preference_of(class_id)).status == 200
    google.fault(operation, "other_id", times=-1)
    classes.change(class_id, learningFocus="Another focus")
    answer = hasty_create.book(classes.preference_of(class_id))
    assert_create_error(answer, 502, "calendar_rejected")
    assert google.counts()["insert"] == 1
    google.clear_faults()
    # What became of the patch is in doubt: the claim stays until its lease is over.
    assert wait_until(lambda: hasty_create.book(classes.preference_of(class_id)).status == 200, 15)
    assert len(google.events()) == 1


@pytest.mark.parametrize("kind", ["silence", "drop", "drip"])
def test_a_listing_comes_in_time_whatever_the_calendar_does(
    strict_list: Served, google: Control, kind: str
) -> None:
    google.fault("list", kind, times=-1)
    with within(1):
        assert_list_error(strict_list.get(), 503, "calendar_unavailable")


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("insert", "silence"),
        ("insert", "drip"),
        ("get", "silence"),
        ("patch", "silence"),
        ("delete", "silence"),
    ],
)
def test_a_booking_is_answered_in_time_whatever_the_calendar_does(
    hasty_create: Served, classes: Classes, google: Control, operation: str, kind: str
) -> None:
    class_id = classes.add()
    preference_id = classes.preference_of(class_id)
    if operation != "insert":
        assert hasty_create.book(preference_id).status == 200
    if operation == "delete":
        classes.change(class_id, status="cancelled")
    else:
        classes.change(class_id, learningFocus="Grammar")
    google.fault(operation, kind, times=-1)
    with within(BUDGET):
        assert_create_error(hasty_create.book(preference_id), 503, "calendar_unavailable")


# Firestore


@pytest.mark.parametrize("what", ["silent", "closed"])
def test_a_firestore_that_never_answers_is_answered_in_time(
    serve: Serve, google: Control, what: str
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        port = silent.getsockname()[1] if what == "silent" else free_port()
        served = serve(
            "create_event",
            CREATE_BUDGET_SECONDS=BUDGET,
            FIRESTORE_EMULATOR_HOST=f"127.0.0.1:{port}",
        )
        with within(BUDGET):
            assert_create_error(served.book("any"), 503, "store_unavailable")
    assert google.counts().get("insert", 0) == 0


def test_a_firestore_that_falls_silent_is_answered_in_time(serve: Serve, emulator: str) -> None:
    with closing(Line(emulator)) as line:
        served = serve(
            "create_event",
            CREATE_BUDGET_SECONDS=BUDGET,
            FIRESTORE_EMULATOR_HOST=line.address,
        )
        assert wait_until(lambda: served.book("unheard-of").status == 404, 30)
        line.stall()
        with within(BUDGET):
            assert_create_error(served.book("any"), 503, "store_unavailable")


def test_a_class_that_another_delivery_works_on_is_left_to_it(
    hasty_create: Served, classes: Classes, google: Control
) -> None:
    claim = {"token": "another's", "expiresAt": datetime.now(UTC) + timedelta(minutes=5)}
    class_id = classes.add(calendarClaim=claim)
    with within(BUDGET):
        answer = hasty_create.book(classes.preference_of(class_id))
    assert_create_error(answer, 503, "creation_in_progress")
    assert google.events() == []
    document = classes.get(class_id)
    assert document["calendarClaim"] == claim
    assert "calendarError" not in document


def test_a_silent_metadata_server_holds_nobody_up(
    serve: Serve, classes: Classes, tmp_path: Path
) -> None:
    preferences = [classes.preference_of(classes.add()) for _ in range(4)]
    may_speak = threading.Event()

    def name_project(connection: socket.socket) -> None:
        read_request(connection)
        may_speak.wait(20)
        head = "HTTP/1.1 200 OK\r\nMetadata-Flavor: Google\r\nContent-Type: application/text"
        connection.sendall(f"{head}\r\nContent-Length: {len(PROJECT)}\r\n\r\n{PROJECT}".encode())
        connection.close()

    with raw_server(name_project) as host:
        served = serve(
            "create_event",
            CREATE_BUDGET_SECONDS=2,
            GOOGLE_CLOUD_PROJECT=None,
            HOME=tmp_path,
            GCE_METADATA_HOST=host,
            GCE_METADATA_IP=host,
        )
        with within(2), ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(served.book, preferences))
        for answer in answers:
            assert_create_error(answer, 503, "store_unavailable")
        may_speak.set()
        assert wait_until(lambda: served.book(preferences[0]).status == 200, 20)
