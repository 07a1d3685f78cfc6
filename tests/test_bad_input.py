"""Whatever is sent or stands in a document: a documented answer, never HTML or a traceback."""

import gzip
import http.client
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from google.cloud.firestore import GeoPoint

from infra.local.google.client import Control
from tests.support.classes import Classes
from tests.support.client import SUCCESS, Answer
from tests.support.error_answers import assert_create_error, assert_error, assert_list_error
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


def padded(size: int) -> bytes:
    """A notice of exactly `size` bytes."""
    body = notice(preferenceId="p", filler="").encode()
    return body[:-2] + b"x" * (size - len(body)) + body[-2:]


BAD_BODIES: dict[str, bytes | str] = {
    "empty": b"",
    "blank": b" \r\n\t ",
    "no JSON": "preferenceId=p",
    "half JSON": '{"preferenceId": "p"',
    "JSON and more": '{"preferenceId": "p"} {}',
    "single quotes": "{'preferenceId': 'p'}",
    "trailing comma": '{"preferenceId": "p",}',
    "comment": '{"preferenceId": "p" /* paid */}',
    "array": '[{"preferenceId": "p"}]',
    "string": '"preferenceId"',
    "number": "7",
    "null": "null",
    "true": "true",
    "not a number": "NaN",
    "infinity": "-Infinity",
    "other case": notice(PREFERENCEID="p", preferenceid="p"),
    "nested too low": notice(data={"preferenceId": "p"}),
    "id null": notice(preferenceId=None),
    "id empty": notice(preferenceId=""),
    "id blank": notice(preferenceId=" \t\r\n\u00a0\u2003"),
    "id integer": notice(preferenceId=7),
    "id zero": notice(preferenceId=0),
    "id float": notice(preferenceId=1e308),
    "id false": notice(preferenceId=False),
    "id true": notice(preferenceId=True),
    "id array": notice(preferenceId=["p"]),
    "id empty array": notice(preferenceId=[]),
    "id object": notice(preferenceId={"$ne": None}),
    "id not a number": '{"preferenceId": NaN}',
    "id huge number": '{"preferenceId": 1' + "0" * 5000 + "}",
    "id too long": notice(preferenceId="p" * 257),
    "id far too long": notice(preferenceId="p" * 60_000),
    "id too long in characters": notice(preferenceId="ñ" * 257),
    "id with NUL": notice(preferenceId="p\0p"),
    "id with newline": notice(preferenceId="p\np"),
    "id with escape": notice(preferenceId="p\x1b[31m"),
    "id with DEL": notice(preferenceId="p\x7f"),
    "id with C1 control": notice(preferenceId="p\x85p"),
    "id with a raw control character": b'{"preferenceId": "p\x01"}',
    "id with half a surrogate pair": '{"preferenceId": "p\\ud800"}',
    "id with the other half": '{"preferenceId": "\\udc00p"}',
    "id with a line separator": notice(preferenceId="p\u2028p"),
    "key with half a surrogate pair": '{"\\ud800": "p"}',
    "Latin-1": '{"preferenceId": "ñ"}'.encode("latin-1"),
    "overlong UTF-8": b'{"preferenceId": "\xc0\xaf"}',
    "surrogate in UTF-8": b'{"preferenceId": "\xed\xa0\x80"}',
    "cut UTF-8": b'{"preferenceId": "p\xe2\x82"}',
    "UTF-7": "+AHsAIg-preferenceId+ACI-: +ACI-p+ACIAfQ-",
    "compressed": gzip.compress(b'{"preferenceId": "p"}'),
    "bytes": bytes(range(256)),
    "NULs": b"\0" * 1000,
    "deep arrays": "[" * 60_000,
    "deep objects": '{"a":' * 12_000,
    "deep and closed": "[" * 30_000 + "]" * 30_000,
    "id deep": '{"preferenceId": ' + "[" * 30_000 + "]" * 30_000 + "}",
    "multipart": '--b\r\nContent-Disposition: form-data; name="preferenceId"\r\n\r\np\r\n--b--\r\n',
    "XML": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_bad_body_is_an_invalid_request(
    create_event: Served, google: Control, body: bytes | str
) -> None:
    body = body.encode() if isinstance(body, str) else body
    assert_create_error(create_event.request("POST", "/", body), 400, "invalid_request")
    assert google.counts() == {}


UNUSUAL_BODIES: dict[str, bytes | str] = {
    "other keys": notice(preferenceId="p", data={"id": 1}, live_mode=True),
    "id to be trimmed": notice(preferenceId=" \tp\r\n "),
    "longest id": notice(preferenceId=" " + "p" * 256 + " "),
    "longest id outside the BMP": notice(preferenceId="🎓" * 256),
    "longest id unescaped": json.dumps({"preferenceId": "🎓" * 256}, ensure_ascii=False),
    "blanks around": b"\r\n " + notice(preferenceId="p").encode() + b" \n",
    "largest body": padded(LARGEST),
    "path": notice(preferenceId="../../VirtualClass/x"),
    "reserved": notice(preferenceId="__name__"),
    "markup": notice(preferenceId="<script>alert(1)</script>"),
}


@pytest.mark.parametrize("body", UNUSUAL_BODIES.values(), ids=UNUSUAL_BODIES.keys())
def test_an_unusual_body_is_taken(
    create_event: Served, classes: Classes, body: bytes | str
) -> None:
    classes.add()
    body = body.encode() if isinstance(body, str) else body
    assert_create_error(create_event.request("POST", "/", body), 404, "virtual_class_not_found")


EITHER_WAY: dict[str, bytes | str] = {
    "byte order mark": b"\xef\xbb\xbf" + notice(preferenceId="p").encode(),
    "UTF-16": notice(preferenceId="p").encode("utf-16"),
    "UTF-32": notice(preferenceId="p").encode("utf-32"),
    "two ids": '{"preferenceId": 7, "preferenceId": "p"}',
    "another's NaN": '{"preferenceId": "p", "n": NaN}',
    "another's huge number": '{"preferenceId": "p", "n": 1' + "0" * 5000 + "}",
    "another's depth": '{"preferenceId": "p", "n": ' + "[" * 30_000 + "]" * 30_000 + "}",
    "another's surrogate": '{"preferenceId": "p", "n": "\\ud800"}',
    "invisible": notice(preferenceId="\u200b"),
    "right to left": notice(preferenceId="\u202ep"),
    "unassigned": notice(preferenceId="\U000e0fff"),
}


@pytest.mark.parametrize("body", EITHER_WAY.values(), ids=EITHER_WAY.keys())
def test_a_body_that_is_open_to_reading_has_a_documented_answer(
    create_event: Served, classes: Classes, body: bytes | str
) -> None:
    classes.add()
    body = body.encode() if isinstance(body, str) else body
    answer = create_event.request("POST", "/", body)
    code = "virtual_class_not_found" if answer.status == 404 else "invalid_request"
    assert_create_error(answer, 404 if answer.status == 404 else 400, code)


CONTENT_TYPES = [
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=b",
    "application/json; charset=utf-16",
    "application/cloudevents+json",
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


def chunked(served: Served, body: bytes) -> Answer:
    """POSTs a body whose length is not announced."""
    connection = http.client.HTTPConnection(served.address, timeout=10)
    chunks = (body[at : at + 8192] for at in range(0, len(body), 8192))
    try:
        connection.request("POST", "/", chunks, encode_chunked=True)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def test_a_chunked_body_is_held_to_the_same_size(create_event: Served, classes: Classes) -> None:
    classes.add()
    answer = chunked(create_event, padded(LARGEST))
    assert_create_error(answer, 404, "virtual_class_not_found")
    assert_create_error(chunked(create_event, padded(LARGEST + 1)), 413, "body_too_large")
    assert_create_error(chunked(create_event, padded(400_000)), 413, "body_too_large")


def raw(served: Served, request: bytes, ends: bool = False) -> bytes:
    """The answer to bytes put on the wire as they are; `ends` closes our side after them."""
    host, port = served.address.split(":")
    with socket.create_connection((host, int(port)), timeout=3) as connection:
        connection.sendall(request)
        if ends:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
        return answer


BROKEN_BODIES = {
    "shorter than announced": b"Content-Length: 100\r\n\r\n{",
    "half a chunk": b"Transfer-Encoding: chunked\r\n\r\n5\r\n{\r\n",
    "no chunk": b"Transfer-Encoding: chunked\r\n\r\nfive\r\n{}\r\n",
}


@pytest.mark.parametrize("rest", BROKEN_BODIES.values(), ids=BROKEN_BODIES.keys())
def test_a_body_that_ends_early_is_an_invalid_request(
    create_event: Served, google: Control, rest: bytes
) -> None:
    answer = raw(create_event, b"POST / HTTP/1.1\r\nHost: h\r\n" + rest, ends=True)
    assert answer.startswith(b"HTTP/1.1 400 "), answer
    assert b'"code": "invalid_request"' in answer
    assert google.counts() == {}


@pytest.mark.parametrize("rest", BROKEN_BODIES.values(), ids=BROKEN_BODIES.keys())
def test_a_listing_with_a_broken_body_is_no_html(list_events: Served, rest: bytes) -> None:
    answer = raw(list_events, b"GET / HTTP/1.1\r\nHost: h\r\n" + rest, ends=True)
    assert answer.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 400 ")), answer
    assert b"Content-Type: application/json\r\n" in answer


def test_a_listing_does_not_wait_for_an_announced_body(list_events: Served) -> None:
    head = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 99999999999\r\n\r\n"
    answer = raw(list_events, head)
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_client_that_waits_for_leave_to_send_gets_it(
    create_event: Served, classes: Classes
) -> None:
    body = notice(preferenceId=classes.preference_of(classes.add())).encode()
    head = (
        "POST http://elsewhere.example/api/calendar?x=1 HTTP/1.1\r\nHost: h\r\n"
        f"Connection: close\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    answer = raw(create_event, head.encode() + body)
    assert b"HTTP/1.1 200 OK\r\n" in answer
    assert json.loads(answer.rpartition(b"\r\n")[2]) == SUCCESS


BAD_TIMES = {
    "word": "soon",
    "blank": "",
    "no offset": "2024-03-15T17:00:00",
    "date": "2024-03-15",
    "time": "17:00:00-03:00",
    "no such day": "2024-02-30T17:00:00-03:00",
    "no leap year": "2023-02-29T17:00:00Z",
    "month 13": "2024-13-01T00:00:00Z",
    "day 0": "2024-01-00T00:00:00Z",
    "hour 25": "2024-03-15T25:00:00Z",
    "minute 60": "2024-03-15T10:60:00Z",
    "offset of 25 hours": "2024-03-15T10:00:00+25:00",
    "offset without minutes": "2024-03-15T10:00:00-03",
    "offset without colon": "2024-03-15T10:00:00-0300",
    "offset with seconds": "2024-03-15T10:00:00-03:00:30",
    "no seconds": "2024-03-15T10:00Z",
    "basic form": "20240315T100000Z",
    "week date": "2024-W11-5T10:00:00Z",
    "ordinal date": "2024-075T10:00:00Z",
    "milliseconds of the epoch": "1710522000000",
    "year 10000": "10000-01-01T00:00:00Z",
    "signed year": "+2024-03-15T10:00:00Z",
    "negative year": "-2024-03-15T10:00:00Z",
    "comma": "2024-03-15T10:00:00,5Z",
    "newline at the end": "2024-03-15T10:00:00Z\n",
    "other digits": "\uff12\uff10\uff12\uff14-03-15T10:00:00Z",
    "NUL": "2024-03-15T10:00:00Z\0",
    "zone name": "2024-03-15T10:00:00[America/Argentina/Buenos_Aires]",
    "huge": "2" * 3000,
}


@pytest.mark.parametrize("text", BAD_TIMES.values(), ids=BAD_TIMES.keys())
def test_a_bad_span_is_an_invalid_request(list_events: Served, google: Control, text: str) -> None:
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


EDGE_SPANS = [
    "timeMin=0001-01-01T00:00:00%2B14:00&timeMax=9999-12-31T23:59:59-14:00",
    "timeMin=0000-01-01T00:00:00Z",
    "timeMax=9999-12-31T23:59:60Z",
    "timeMin=2024-03-15T10:00:00.123456789123456789Z",
    "timeMin=2024-03-15t10:00:00z",
    "timeMin=2016-12-31T23:59:60Z",
    "timeMin=2024-03-15T10:00:00-00:00",
    "timeMin=2024-03-15T10:00:00Z&timeMin=2025-03-15T10:00:00Z",
    "timeMin=2024-03-15T24:00:00Z",
]


@pytest.mark.parametrize("query", EDGE_SPANS)
def test_a_span_at_the_edge_has_a_documented_answer(list_events: Served, query: str) -> None:
    answer = list_events.get(f"?{query}")
    if answer.status == 200:
        assert answer.json == []
    else:
        assert_list_error(answer, 400, "invalid_request")


PATHS = [
    "//",
    "/anything/at/all",
    "/api/calendar/",
    "/a/../..",
    "/%00",
    "/%ff",
    "/%",
    "/" + "a" * 3000,
    "/api/calendar;x",
    "/?",
    "/a?b?c",
]


@pytest.mark.parametrize("path", PATHS)
def test_any_path_and_any_other_query_is_answered(list_events: Served, path: str) -> None:
    assert list_events.request("GET", path).json == []


def _bad(field: str, values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{field} {name}": {field: value} for name, value in values.items()}


TOMORROW = datetime.now(UTC) + timedelta(days=1)
OTHER_TYPES: dict[str, Any] = {
    "boolean": True,
    "array": ["x"],
    "map": {"seconds": 1},
    "bytes": b"x",
    "place": GeoPoint(0, 0),
}
TRIMMED = ("newline at the end", "NUL")
BAD_FIELDS: dict[str, dict[str, Any]] = {
    **_bad("startTime", {"missing": None, "integer": 1_710_522_000_000, **OTHER_TYPES}),
    **_bad("startTime", {key: text for key, text in BAD_TIMES.items() if key not in TRIMMED}),
    **_bad("endTime", {"missing": None, "not a number": float("nan"), **OTHER_TYPES}),
    **_bad("endTime", {"of no day": "2099-02-30T10:00:00Z", "without offset": "2099-03-15T10:00"}),
    **_bad("endTime", {"before the start": TOMORROW - timedelta(days=3)}),
    **_bad("classType", {"missing": None, "unknown": "duo", "empty": ""}),
    **_bad("classType", {"integer": 1, "huge": "individual" * 9999, **OTHER_TYPES}),
    **_bad("status", {"unknown": "paid", "misspelt": "canceled", "integer": 0, **OTHER_TYPES}),
}


@pytest.mark.parametrize("fields", BAD_FIELDS.values(), ids=BAD_FIELDS.keys())
def test_a_bad_field_is_named(
    create_event: Served, classes: Classes, google: Control, fields: dict[str, Any]
) -> None:
    class_id = classes.add(**fields)
    answer = create_event.book(classes.preference_of(class_id))
    details = assert_create_error(answer, 422, "invalid_virtual_class")
    [name] = fields
    assert any(name in detail for detail in details), details
    assert google.events() == []
    assert google.counts().get("insert", 0) == 0


def test_an_end_at_the_start_is_no_class(create_event: Served, classes: Classes) -> None:
    class_id = classes.add(startTime=TOMORROW, endTime=TOMORROW)
    answer = create_event.book(classes.preference_of(class_id))
    assert "endTime" in " ".join(assert_create_error(answer, 422, "invalid_virtual_class"))


def test_a_document_of_nothing_but_its_id_names_all_it_lacks(
    create_event: Served, classes: Classes
) -> None:
    classes.put("bare", {"preferenceId": "bare"})
    details = " ".join(assert_create_error(create_event.book("bare"), 422, "invalid_virtual_class"))
    assert all(name in details for name in ("startTime", "endTime", "classType"))


EDGE_DOCUMENTS: dict[str, tuple[dict[str, Any], set[int]]] = {
    "in year 1": (
        {"startTime": "0001-01-01T00:00:00Z", "endTime": "0001-01-01T01:00:00Z"},
        {409, 422},
    ),
    "in year 1, stored as times": (
        {
            "startTime": datetime(1, 1, 1, tzinfo=UTC),
            "endTime": datetime(1, 1, 1, 1, tzinfo=UTC),
        },
        {409, 422},
    ),
    "before year 1": (
        {"startTime": "0001-01-01T00:00:00+14:00", "endTime": "0001-01-01T01:00:00+14:00"},
        {409, 422},
    ),
    "in year 9999": (
        {"startTime": "9999-12-31T22:00:00-14:00", "endTime": "9999-12-31T23:59:59-14:00"},
        {200, 422},
    ),
    "of 8,000 years": ({"endTime": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)}, {200, 422}),
    "leap second": (
        {"startTime": "2098-12-31T23:59:60Z", "endTime": "2099-01-01T01:00:00Z"},
        {200, 422},
    ),
    "seats negative": ({"maxParticipants": -1, "classType": "grupal"}, {200, 422}),
    "seats without number": ({"maxParticipants": 2**62, "classType": "grupal"}, {200, 422}),
    "focus of 300 KB": ({"learningFocus": "Conversación " * 25_000}, {200, 422}),
    "focus in control characters": ({"learningFocus": "a\0b\x1b[31m\r\nBcc: x\u2028"}, {200, 422}),
    "focus of emoji": ({"learningFocus": "🎓" * 1000}, {200}),
    "focus blank": ({"learningFocus": " \n "}, {200}),
    "focus in markup": ({"learningFocus": "<script>alert(1)</script>{0}%s"}, {200}),
    "e-mail of another type": ({"studentEmail": 7}, {200, 422}),
    "e-mail an array": ({"studentEmail": ["ana@example.com"]}, {200, 422}),
    "e-mail with header": ({"studentEmail": "ana@example.com\r\nBcc: x@example.com"}, {200}),
    "e-mail huge": ({"studentEmail": "a" * 100_000 + "@example.com"}, {200}),
    "e-mail with NUL": ({"studentEmail": "a\0@example.com"}, {200}),
    "event id of another type": ({"googleEventId": 7}, {200, 422}),
    "event id that is a path": ({"googleEventId": "../../x?y=z#"}, {200, 422}),
    "event id without end": ({"googleEventId": "v" * 3000}, {200, 422}),
    "fingerprint of another type": ({"calendarFingerprint": {"a": 1}}, {200, 422}),
    "generation a text": ({"calendarGeneration": "1"}, {200, 422}),
    "generation negative": ({"calendarGeneration": -5}, {200, 422}),
    "generation huge": ({"calendarGeneration": 2**63 - 1}, {200, 422}),
    "generation true": ({"calendarGeneration": True}, {200, 422}),
    "generation a fraction": ({"calendarGeneration": 0.5}, {200, 422}),
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
    if answer.status == 200:
        assert create_event.book(preference_id).status == 200
    else:
        code = "invalid_virtual_class" if answer.status == 422 else "class_not_bookable"
        assert_error(answer, answer.status, code)


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


@pytest.mark.parametrize("status", [{"x": 1}, "canceled", 3])
def test_a_booked_class_with_a_bad_status_keeps_its_event(
    create_event: Served, classes: Classes, google: Control, status: Any
) -> None:
    class_id = classes.add()
    preference_id = classes.preference_of(class_id)
    assert create_event.book(preference_id).status == 200
    classes.change(class_id, status=status)
    assert_create_error(create_event.book(preference_id), 422, "invalid_virtual_class")
    [event] = google.events()
    assert event["status"] == "confirmed"
