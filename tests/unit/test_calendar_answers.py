"""What an answer of Google Calendar means, by operation, status, reason and body."""

import json
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httplib2
import pytest

from shared import clock
from shared.calendar.answers import (
    EtagMismatch,
    EventGone,
    IdTaken,
    Refused,
    Unanswered,
    read_answer,
)
from shared.errors import CalendarUnavailable

OPERATIONS = ("list", "get", "insert", "patch", "delete")
PAGE = {"kind": "calendar#events", "items": []}
EVENT = {"id": "event-1", "etag": '"1"', "status": "confirmed"}


def read(operation: str, status: int, body: Any = b"", **headers: str) -> Any:
    """What `read_answer` returns or raises."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = httplib2.Response({"status": str(status), **headers})
    try:
        return read_answer(operation, response, content)
    except Exception as error:
        return error


def refusal(reason: str, message: str = "Not Found") -> Any:
    errors = [{"domain": "global", "reason": reason, "message": message}]
    return {"error": {"code": 400, "message": message, "errors": errors}}


def meaning(outcome: Any) -> str:
    match outcome:
        case dict():
            return "answer"
        case EventGone():
            return "gone"
        case EtagMismatch():
            return "changed since"
        case IdTaken():
            return "id taken"
        case Unanswered(in_flight=False):
            return "in doubt" if outcome.may_have_effect else "not done yet"
        case Refused():
            return f"refused for {outcome.about}" if outcome.about else "refused"
        case CalendarUnavailable(retry_after=3600):
            return "quota spent"
    raise AssertionError(outcome)


SAME_FOR_ALL = [
    (400, "invalid", "refused"),
    (400, "required", "refused"),
    (400, "timeRangeEmpty", "refused"),
    (401, "authError", "refused"),
    (403, "userRateLimitExceeded", "not done yet"),
    (403, "rateLimitExceeded", "not done yet"),
    (403, "quotaExceeded", "quota spent"),
    (403, "dailyLimitExceeded", "quota spent"),
    (403, "forbidden", "refused"),
    (403, "insufficientPermissions", "refused"),
    (403, "forbiddenForNonOrganizer", "refused"),
    (403, "accessNotConfigured", "refused"),
    (403, "", "refused"),
    (408, "", "in doubt"),
    (409, "conflict", "not done yet"),
    (409, "", "not done yet"),
    (429, "rateLimitExceeded", "not done yet"),
    (429, "quotaExceeded", "quota spent"),
    (429, "", "not done yet"),
    (500, "backendError", "in doubt"),
    (502, "backendError", "in doubt"),
    (503, "backendError", "in doubt"),
    (504, "backendError", "in doubt"),
    (503, "rateLimitExceeded", "in doubt"),
    (503, "quotaExceeded", "in doubt"),
    (599, "", "in doubt"),
    (302, "", "refused"),
    (304, "", "refused"),
    (418, "", "refused"),
]
BY_OPERATION = [
    (404, "notFound", {"get": "gone", "patch": "gone", "delete": "gone"}, "refused"),
    (410, "deleted", {"get": "gone", "patch": "gone", "delete": "gone"}, "refused"),
    (410, "fullSyncRequired", {"get": "gone", "patch": "gone", "delete": "gone"}, "refused"),
    (410, "updatedMinTooLongAgo", {"get": "gone", "patch": "gone", "delete": "gone"}, "refused"),
    (412, "conditionNotMet", {"patch": "changed since", "delete": "changed since"}, "refused"),
    (409, "duplicate", {"insert": "id taken"}, "not done yet"),
]


@pytest.mark.parametrize(("status", "reason", "expected"), SAME_FOR_ALL)
def test_most_failures_mean_the_same_for_every_operation(
    status: int, reason: str, expected: str
) -> None:
    for operation in OPERATIONS:
        assert meaning(read(operation, status, refusal(reason))) == expected, operation


@pytest.mark.parametrize(("status", "reason", "special", "expected"), BY_OPERATION)
def test_some_failures_depend_on_what_was_asked(
    status: int, reason: str, special: dict[str, str], expected: str
) -> None:
    for operation in OPERATIONS:
        outcome = meaning(read(operation, status, refusal(reason)))
        assert outcome == special.get(operation, expected), operation


WORDS = [
    (400, "Invalid conference type value.", "refused for conference"),
    (400, "Invalid attendee email.", "refused for attendees"),
    (400, "INVALID ATTENDEES", "refused for attendees"),
    (400, "Missing end time.", "refused"),
    (403, "Invalid conference type value.", "refused"),
    (403, "You may not add attendees.", "refused"),
]


@pytest.mark.parametrize(("status", "message", "expected"), WORDS)
def test_what_an_event_can_do_without_is_told_in_words(
    status: int, message: str, expected: str
) -> None:
    assert meaning(read("insert", status, refusal("invalid", message))) == expected


MODERN = {
    "error": {
        "code": 403,
        "message": "Calendar API has not been used in project 1.",
        "errors": [{"domain": "usageLimits", "reason": "accessNotConfigured"}],
        "status": "PERMISSION_DENIED",
        "details": [{"reason": "SERVICE_DISABLED", "domain": "googleapis.com"}],
    }
}
NO_REASONS: list[Any] = [
    b"",
    b"<html>Forbidden</html>",
    b"\xff\x00",
    b"[" * 5000,
    None,
    [],
    {"error": "text"},
    {"error": None},
    {"error": {}},
    {"error": {"errors": None, "message": None}},
    {"error": {"errors": []}},
    {"error": {"errors": ["text"]}},
    {"error": {"errors": [{}]}},
    {"error": {"errors": [{"reason": ["list"]}]}},
]


def test_the_reason_is_found_beside_modern_details() -> None:
    assert read("list", 403, MODERN).cause == "list: 403 accessNotConfigured"


@pytest.mark.parametrize("body", NO_REASONS)
def test_without_a_reason_the_status_decides(body: Any) -> None:
    expected = {400: "refused", 403: "refused", 409: "not done yet", 503: "in doubt"}
    for status, outcome in expected.items():
        error = read("insert", status, body)
        assert meaning(error) == outcome
        assert error.cause == f"insert: {status}"


def test_a_word_that_is_no_known_reason_is_not_repeated() -> None:
    error = read("insert", 403, refusal("ana@example.com", "ana@example.com"))
    assert error.cause == "insert: 403"
    assert "ana" not in str(vars(error))


ASKED_TO_WAIT = [
    ("120", 120),
    ("0.5", 0.5),
    ("-5", 0),
    ("", 0),
    ("soon", 0),
    ("nan", 0),
    ("inf", 0),
    ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
    ("Fri, 31 Dec 9999 23:59:59 -0000", 0),
]


@pytest.mark.parametrize(("text", "seconds"), ASKED_TO_WAIT)
def test_a_wish_to_wait_is_passed_on(text: str, seconds: float) -> None:
    for status in (429, 503):
        error = read("list", status, **{"retry-after": text})
        assert error.asked_to_wait == seconds
        assert error.retry_after == max(seconds, 15)
    assert read("list", 503).asked_to_wait == 0


def test_a_wish_to_wait_may_be_a_date() -> None:
    date = format_datetime(clock.now() + timedelta(seconds=100), usegmt=True)
    error = read("list", 503, **{"retry-after": date.replace("+0000", "GMT")})
    assert 90 < error.asked_to_wait <= 100


@pytest.mark.parametrize("operation", ["get", "insert", "patch"])
def test_an_event_is_what_has_an_id_and_an_etag(operation: str) -> None:
    assert read(operation, 200, EVENT) == EVENT
    assert read(operation, 201, EVENT) == EVENT
    unreadable: list[Any] = [b"", b"{", None, [], [EVENT], {}, {"id": "event-1"}, {"etag": "1"}]
    for body in [*unreadable, EVENT | {"id": 7}, EVENT | {"etag": None}]:
        assert meaning(read(operation, 200, body)) == "in doubt", body


def test_a_page_says_that_it_is_one() -> None:
    """What does not is no empty calendar, all of whose hours are free."""
    assert read("list", 200, PAGE) == PAGE
    others: list[Any] = [b"", None, [], "text", {}, {"items": []}, {"error": {"code": 503}}]
    for body in others:
        assert meaning(read("list", 200, body)) == "in doubt", body


def test_a_deletion_has_no_content() -> None:
    for status in (200, 204):
        assert read("delete", status, b"") == {}
    assert meaning(read("delete", 200, b"<html>")) == "in doubt"


def test_a_page_holds_objects() -> None:
    assert read("list", 200, PAGE | {"items": [EVENT, {}]})["items"] == [EVENT, {}]
    assert read("list", 200, {"kind": PAGE["kind"]})["items"] == []
    others: list[Any] = [None, {}, "text", [EVENT, None], [[]]]
    for items in others:
        assert meaning(read("list", 200, PAGE | {"items": items})) == "in doubt", items
