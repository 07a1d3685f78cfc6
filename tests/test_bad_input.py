"""Whatever is sent or stands in a document: a documented answer, never HTML or a traceback."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from infra.local.google.control import Control
from tests.support.classes import Classes
from tests.support.client import Answer
from tests.support.described import assert_described
from tests.support.error_answers import assert_create_error, assert_list_error
from tests.support.served import Served

LARGEST = 64 * 1024


@pytest.fixture(autouse=True)
def _no_traceback(request: pytest.FixtureRequest) -> Iterator[None]:
    """Holds for every test here."""
    name = "list_events" if "list_events" in request.fixturenames else "create_event"
    served: Served = request.getfixturevalue(name)
    yield
    assert "Traceback" not in served.text()
    assert "internal_error" not in served.text()


def notice(**values: Any) -> str:
    return json.dumps(values)


def encoded(body: bytes | str) -> bytes:
    return body.encode() if isinstance(body, str) else body


def padded(size: int) -> bytes:
    """A notice of exactly `size` bytes."""
    body = notice(preferenceId="p", filler="").encode()
    return body[:-2] + b"x" * (size - len(body)) + body[-2:]


BAD_BODIES: dict[str, bytes | str] = {
    "empty": b"",
    "no JSON": "preferenceId=p",
    "other case": notice(PREFERENCEID="p", preferenceid="p"),
    "nested too low": notice(data={"preferenceId": "p"}),
    "id blank": notice(preferenceId=" \t\r\n\u00a0\u2003"),
    "id zero": notice(preferenceId=0),
    "id true": notice(preferenceId=True),
    "id empty array": notice(preferenceId=[]),
    "id object": notice(preferenceId={"$ne": None}),
    "id not a number": '{"preferenceId": NaN}',
    "id deep": '{"preferenceId": ' + "[" * 30_000 + "]" * 30_000 + "}",
    "id too long": notice(preferenceId="p" * 257),
    "id too long in characters": notice(preferenceId="ñ" * 257),
    "id with NUL": notice(preferenceId="p\0p"),
    "id with newline": notice(preferenceId="p\np"),
    "id with escape": notice(preferenceId="p\x1b[31m"),
    "id with C1 control": notice(preferenceId="p\x85p"),
    "id with a line separator": notice(preferenceId="p\u2028p"),
    "id with half a surrogate pair": '{"preferenceId": "p\\ud800"}',
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_bad_body_is_an_invalid_request(
    create_event: Served, google: Control, body: bytes | str
) -> None:
    answer = create_event.request("POST", "/", encoded(body))
    assert_create_error(answer, 400, "invalid_request")
    assert google.counts() == {}


def test_a_body_without_a_preference_id_is_told_so(create_event: Served) -> None:
    for body in ("{}", notice(preferenceId=None), notice(preferenceId="")):
        answer = create_event.request("POST", "/", body)
        assert_create_error(answer, 400, "invalid_request")
        assert answer.json["error"] == "Missing preferenceId"


UNUSUAL_BODIES: dict[str, bytes | str] = {
    "other keys": notice(preferenceId="p", data={"id": 1}, live_mode=True),
    "id to be trimmed": notice(preferenceId=" \tp\r\n "),
    "longest id": notice(preferenceId=" " + "p" * 256 + " "),
    "longest id outside the BMP": notice(preferenceId="🎓" * 256),
    "longest id unescaped": json.dumps({"preferenceId": "🎓" * 256}, ensure_ascii=False),
    "largest body": padded(LARGEST),
    "path": notice(preferenceId="../../VirtualClass/x"),
    "reserved": notice(preferenceId="__name__"),
}


@pytest.mark.parametrize("body", UNUSUAL_BODIES.values(), ids=UNUSUAL_BODIES.keys())
def test_an_unusual_body_is_taken(
    create_event: Served, classes: Classes, body: bytes | str
) -> None:
    classes.add()
    answer = create_event.request("POST", "/", encoded(body))
    assert_create_error(answer, 404, "virtual_class_not_found")


EITHER_WAY: dict[str, bytes | str] = {
    "two ids": '{"preferenceId": 7, "preferenceId": "p"}',
    "another's depth": '{"preferenceId": "p", "n": ' + "[" * 30_000 + "]" * 30_000 + "}",
    "another's surrogate": '{"preferenceId": "p", "n": "\\ud800"}',
    "right to left": notice(preferenceId="\u202ep"),
}


@pytest.mark.parametrize("body", EITHER_WAY.values(), ids=EITHER_WAY.keys())
def test_a_body_that_can_be_read_either_way_has_a_documented_answer(
    create_event: Served, body: bytes | str
) -> None:
    assert_described("POST", create_event.request("POST", "/", encoded(body)))


CONTENT_TYPES = [
    "",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "application/json; charset=utf-16",
    "no type at all",
]


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_the_content_type_does_not_matter(
    create_event: Served, classes: Classes, google: Control, content_type: str
) -> None:
    preference_id = classes.preference_of(classes.add())
    headers = {"Content-Type": content_type}
    answer = create_event.request("POST", "/", notice(preferenceId=preference_id), headers)
    assert answer.status == 200, answer.body
    assert len(google.events()) == 1


@pytest.mark.parametrize("size", [LARGEST + 1, 1_000_000, 20_000_000])
def test_a_body_over_64_kib_is_too_large(create_event: Served, size: int) -> None:
    assert_create_error(create_event.request("POST", "/", padded(size)), 413, "body_too_large")


def test_a_chunked_body_is_held_to_the_same_size(create_event: Served) -> None:
    def sent(size: int) -> Answer:
        body = padded(size)
        return create_event.request(
            "POST", body=(body[at : at + 8192] for at in range(0, size, 8192))
        )

    assert_create_error(sent(LARGEST), 404, "virtual_class_not_found")
    for size in (LARGEST + 1, 400_000):
        assert_create_error(sent(size), 413, "body_too_large")


BAD_TIMES = ["soon", "", "2024-02-30T17:00:00Z", "2024-03-15T17:00:00", "\uff12024", "2" * 2000]


def test_a_bad_time_is_an_invalid_request(list_events: Served, google: Control) -> None:
    for text in BAD_TIMES:
        for name in ("timeMin", "timeMax"):
            answer = list_events.get(f"?{name}={quote(text)}")
            assert_list_error(answer, 400, "invalid_request")
    assert google.counts() == {}


BAD_SPANS = {
    "reversed": "timeMin=2024-03-15T18:00:00Z&timeMax=2024-03-15T17:00:00Z",
    "empty": "timeMin=2024-03-15T17:00:00Z&timeMax=2024-03-15T17:00:00Z",
    "empty across zones": "timeMin=2024-03-15T17:00:00-03:00&timeMax=2024-03-15T20:00:00Z",
    "one of two is bad": "timeMin=2024-03-15T17:00:00Z&timeMax=never",
    "no UTF-8": "timeMin=%ff%fe",
    "half an escape": "timeMin=2024-03-15T10:00:00Z%",
    "brackets": "timeMin[]=2024&timeMin=x",
}


@pytest.mark.parametrize("query", BAD_SPANS.values(), ids=BAD_SPANS.keys())
def test_a_bad_pair_is_an_invalid_request(list_events: Served, query: str) -> None:
    assert_list_error(list_events.get(f"?{query}"), 400, "invalid_request")


TOO_LONG = {
    "by one character": "a=" + "b" * 2047,
    "of other parameters": "timeMin=2024-03-15T10:00:00Z" + "&a=b" * 1000,
    "without a name": "&" * 1_000_000,
    "escaped": "timeMin=" + "%32" * 500_000,
    "parameters": "&".join(f"a{number}=b" for number in range(200_000)),
}


@pytest.mark.parametrize("query", TOO_LONG.values(), ids=TOO_LONG.keys())
def test_a_query_that_is_too_long_is_refused_at_once(
    list_events: Served, google: Control, query: str
) -> None:
    """By the function, that is: gunicorn has taken seconds to find the end of such a line."""
    assert_list_error(list_events.get(f"?{query}"), 400, "invalid_request")
    [line] = list_events.lines()
    assert line["durationMs"] < 200
    assert google.counts() == {}


def test_the_longest_query_is_read(list_events: Served) -> None:
    span = "timeMin=2024-03-15T10:00:00Z&a="
    assert list_events.get(f"?{span}{'b' * (2048 - len(span))}").json == []


EDGE_SPANS = [
    "timeMin=0001-01-01T00:00:00Z&timeMax=9999-12-31T23:59:59Z",
    "timeMin=2024-03-15T10:00:00.123456789123456789Z",
    "timeMin=2024-03-15T10:00:00Z&timeMin=2025-03-15T10:00:00Z",
]


@pytest.mark.parametrize("query", EDGE_SPANS)
def test_an_unusual_span_is_taken(list_events: Served, query: str) -> None:
    assert list_events.get(f"?{query}").json == []


PATHS = ["//", "/anything/at/all", "/a/../..", "/%00", "/%ff", "/" + "a" * 3000, "/a?b?c"]


@pytest.mark.parametrize("path", PATHS)
def test_any_path_and_any_other_query_is_answered(list_events: Served, path: str) -> None:
    assert list_events.request("GET", path).json == []


EDGE_DOCUMENTS: dict[str, tuple[dict[str, Any], set[int]]] = {
    "in year 1": (
        {"startTime": datetime(1, 1, 1, tzinfo=UTC), "endTime": datetime(1, 1, 2, tzinfo=UTC)},
        {409, 422},
    ),
    "of 8,000 years": ({"endTime": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)}, {200, 422}),
    "event id of another type": ({"googleEventId": 7}, {200, 422}),
    "event id that is a path": ({"googleEventId": "../../x?y=z#"}, {200, 422}),
    "event id without end": ({"googleEventId": "v" * 3000}, {200, 422}),
    "fingerprint of another type": ({"calendarFingerprint": {"a": 1}}, {200, 422}),
    "generation huge": ({"calendarGeneration": 2**63 - 1}, {200, 422}),
    "claim a text": ({"calendarClaim": "mine"}, {200, 422}),
    "claim empty": ({"calendarClaim": {}}, {200, 422}),
    "claim without end": ({"calendarClaim": {"token": "t", "expiresAt": "soon"}}, {200, 422}),
    "claim of numbers": ({"calendarClaim": {"token": 1, "expiresAt": 2**60}}, {200, 422}),
    "error a text": ({"calendarError": "internal"}, {200, 422}),
    "error with odd since": ({"calendarError": {"since": "yesterday", "code": 7}}, {200, 422}),
    "meet link of another type": ({"meetLink": 7, "googleEventId": "abcde"}, {200, 422}),
    "unknown fields": ({"a.b": 2, "`": 3, "ñ": {}}, {200}),
}


@pytest.mark.parametrize(("fields", "statuses"), EDGE_DOCUMENTS.values(), ids=EDGE_DOCUMENTS.keys())
def test_an_odd_document_has_a_documented_answer(
    create_event: Served, classes: Classes, fields: dict[str, Any], statuses: set[int]
) -> None:
    preference_id = classes.preference_of(classes.add(**fields))
    answer = create_event.book(preference_id)
    assert answer.status in statuses, answer.body
    assert_described("POST", answer)
    assert create_event.book(preference_id).status == answer.status


@pytest.mark.parametrize("class_id", ["a" * 1500, "🎓" * 375, "ñ x.y`z", "x?y#z%2F"])
def test_a_class_with_an_odd_id_is_booked_or_left_alone(
    create_event: Served, classes: Classes, google: Control, class_id: str
) -> None:
    document = classes.get(classes.add(class_id))
    statuses = []
    for _ in range(2):
        classes.put(class_id, document)
        statuses.append(create_event.book(document["preferenceId"]).status)
    assert (statuses, len(google.events())) in (([200, 200], 1), ([422, 422], 0))
