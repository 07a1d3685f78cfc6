"""Bodies that are announced and never sent, sent byte by byte, or without end: nobody waits."""

import re
import select
import socket
import time
from contextlib import ExitStack

import pytest

from infra.local.google.control import Control
from tests.conftest import Serve
from tests.support.error_answers import BUSY_MACHINE_SECONDS, within
from tests.support.served import Served

THREADS = 8
BUDGET = 2


@pytest.fixture(scope="module")
def _booking(serve_for_session: Serve) -> Served:
    return serve_for_session("create_event", CREATE_BUDGET_SECONDS=BUDGET, THREADS=THREADS)


@pytest.fixture
def booking(_booking: Served, google: Control) -> Served:
    google.clear_requests()
    return _booking


@pytest.fixture(scope="module")
def listing(serve_for_session: Serve) -> Served:
    return serve_for_session("list_events", THREADS=THREADS)


@pytest.fixture(scope="module")
def misconfigured(serve_for_session: Serve) -> Served:
    return serve_for_session("create_event", CALENDAR_ID=None, THREADS=THREADS)


class Caller:
    """A connection on which anything may be put."""

    def __init__(self, served: Served) -> None:
        host, port = served.address.split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=20)

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, method: str, path: str, rest: str, **headers: str) -> None:
        self._is_head = method == "HEAD"
        lines = [f"{method} {path} HTTP/1.1", "Host: h"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.socket.sendall("\r\n".join([*lines, rest]).encode())

    def answer(self) -> bytes:
        """One answer, but for a `100 Continue`; b"" if the connection is closed instead."""
        answer = b""
        while not self._is_whole(answer):
            part = self.socket.recv(65_536)
            if not part:
                break
            answer += part
        return answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _is_whole(self, answer: bytes) -> bool:
        head, end, body = answer.rpartition(b"\r\n\r\n")
        if not end or head.endswith(b"100 Continue"):
            return False
        length = re.search(rb"\r\ncontent-length: (\d+)", head.lower())
        return self._is_head or length is None or len(body) >= int(length[1])

    def is_closed(self) -> bool:
        """Waits for the server to close; False if it sends something instead."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True


NEVER_SENT = {
    "length": "Content-Length: 99999999\r\n\r\n",
    "more than 64 bits": "Content-Length: 99999999999999999999999\r\n\r\n",
    "one byte too many": "Content-Length: 65537\r\n\r\n",
    "begun": "Content-Length: 99999999\r\n\r\n" + "x" * 1000,
    "with leave to send": "Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n",
    "chunks": "Transfer-Encoding: chunked\r\n\r\n" + "10000\r\n" + "x" * 65_536 + "\r\n5\r\nx",
}


@pytest.mark.parametrize("rest", NEVER_SENT.values(), ids=NEVER_SENT)
def test_a_body_that_is_too_large_is_not_waited_for(booking: Served, rest: str) -> None:
    with Caller(booking) as caller, within(0):
        caller.send("POST", "/", rest)
        answer = caller.answer()
        assert answer.startswith(b"HTTP/1.1 413 "), answer
        assert b'"code": "body_too_large"' in answer


STALLED = {
    "nothing of it": "Content-Length: 100\r\n\r\n",
    "half": 'Content-Length: 100\r\n\r\n{"preferenceId": "p',
    "an object and less than announced": 'Content-Length: 100\r\n\r\n{"preferenceId": "p"}',
    "with leave to send": "Expect: 100-continue\r\nContent-Length: 100\r\n\r\n",
    "half a size of a chunk": "Transfer-Encoding: chunked\r\n\r\n1",
    "half a chunk": "Transfer-Encoding: chunked\r\n\r\n50\r\n{",
    "no last chunk": 'Transfer-Encoding: chunked\r\n\r\n15\r\n{"preferenceId": "p"}\r\n',
    "no end of the trailers": "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n",
}


@pytest.mark.parametrize("rest", STALLED.values(), ids=STALLED)
def test_a_body_that_stops_half_way_is_an_invalid_request(booking: Served, rest: str) -> None:
    with Caller(booking) as caller, within(BUDGET):
        caller.send("POST", "/", rest)
        assert_invalid(caller.answer())
        assert caller.is_closed()


def assert_invalid(answer: bytes) -> None:
    assert answer.startswith(b"HTTP/1.1 400 "), answer
    assert b'"code": "invalid_request"' in answer


ENDED_EARLY = {
    "shorter than announced": "Content-Length: 100\r\n\r\n{",
    "half a chunk": "Transfer-Encoding: chunked\r\n\r\n5\r\n{\r\n",
    "no chunk": "Transfer-Encoding: chunked\r\n\r\nfive\r\n{}\r\n",
}


@pytest.mark.parametrize("rest", ENDED_EARLY.values(), ids=ENDED_EARLY)
def test_a_body_that_ends_early_is_an_invalid_request(booking: Served, rest: str) -> None:
    with Caller(booking) as caller, within(0):
        caller.send("POST", "/", rest)
        caller.socket.shutdown(socket.SHUT_WR)
        assert_invalid(caller.answer())


def test_a_client_that_waits_for_leave_to_send_gets_it(create_event: Served) -> None:
    body = '{"preferenceId": "unheard-of"}'
    with Caller(create_event) as caller:
        address = "http://elsewhere.example/api/calendar?x=1"
        caller.send("POST", address, f"Content-Length: {len(body)}\r\n\r\n", Expect="100-continue")
        assert caller.socket.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        caller.socket.sendall(body.encode())
        assert caller.answer().startswith(b"HTTP/1.1 404 ")


DRIPPED = {
    "body": ("Content-Length: 100\r\n\r\n", b"x"),
    "chunks": ("Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "extension of a chunk": ("Transfer-Encoding: chunked\r\n\r\n5;", b"x"),
}


@pytest.mark.parametrize(("start", "drop"), DRIPPED.values(), ids=DRIPPED)
def test_a_body_that_drips_is_an_invalid_request(booking: Served, start: str, drop: bytes) -> None:
    with Caller(booking) as caller, within(BUDGET):
        caller.send("POST", "/", start)
        while not select.select([caller.socket], [], [], 0.1)[0]:
            caller.socket.sendall(drop)
        assert_invalid(caller.answer())
        assert caller.is_closed()


def test_a_slow_body_is_read_and_its_connection_serves_on(create_event: Served) -> None:
    body = '{"preferenceId": "unheard-of"}'
    chunks = f"{len(body):x}\r\n{body}\r\n0\r\n\r\n"
    with Caller(create_event) as caller:
        for rest, sent in (
            (f"Content-Length: {len(body)}\r\n\r\n", body),
            ("Transfer-Encoding: chunked\r\n\r\n", chunks),
        ):
            caller.send("POST", "/", rest)
            for at in range(0, len(sent), 10):
                caller.socket.sendall(sent[at : at + 10].encode())
                time.sleep(0.01)
            assert caller.answer().startswith(b"HTTP/1.1 404 ")


UNREAD = {
    "length": "Content-Length: 99999999\r\n\r\n",
    "short length": "Content-Length: 5\r\n\r\n",
    "begun": "Content-Length: 99999999\r\n\r\n" + "x" * 1000,
    "with leave to send": "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    "chunks": "Transfer-Encoding: chunked\r\n\r\n5\r\nx",
    "broken chunks": "Transfer-Encoding: chunked\r\n\r\nfive\r\n",
}
NOT_READ = [
    ("GET", "/", b"200"),
    ("HEAD", "/", b"200"),
    ("OPTIONS", "/", b"204"),
    ("POST", "/", b"405"),
    ("GET", "/?timeMin=x", b"400"),
    ("GET", "/robots.txt", b"404"),
    ("POST", "/favicon.ico", b"404"),
]


@pytest.mark.parametrize("rest", UNREAD.values(), ids=UNREAD)
@pytest.mark.parametrize(("method", "path", "status"), NOT_READ)
def test_a_listing_reads_no_body(
    listing: Served, method: str, path: str, status: bytes, rest: str
) -> None:
    assert listing.get().status == 200
    with Caller(listing) as caller, within(0):
        caller.send(method, path, rest)
        answer = caller.answer()
        assert answer.startswith(b"HTTP/1.1 %b " % status), answer
        assert caller.is_closed()
    etag = listing.get().headers["ETag"]
    with Caller(listing) as caller, within(0):
        caller.send("GET", "/", rest, If_None_Match=etag)
        assert caller.answer().startswith(b"HTTP/1.1 304 ")


@pytest.mark.parametrize("rest", UNREAD.values(), ids=UNREAD)
def test_a_refusal_waits_for_no_body(booking: Served, misconfigured: Served, rest: str) -> None:
    for served, method, status in ((booking, "PUT", b"405"), (misconfigured, "POST", b"500")):
        with Caller(served) as caller, within(0):
            caller.send(method, "/", rest)
            assert caller.answer().startswith(b"HTTP/1.1 %b " % status)


@pytest.mark.parametrize("rest", [NEVER_SENT["length"], NEVER_SENT["chunks"]])
def test_callers_that_never_send_do_not_keep_others_waiting(booking: Served, rest: str) -> None:
    with ExitStack() as open_until_the_end:
        callers = [open_until_the_end.enter_context(Caller(booking)) for _ in range(5 * THREADS)]
        for caller in callers:
            caller.send("POST", "/", rest)
        with within(BUSY_MACHINE_SECONDS):
            assert booking.request("POST", "/", "{}").status == 400
        for caller in callers:
            assert caller.answer().startswith(b"HTTP/1.1 413 ")


def test_what_is_left_of_a_body_is_not_taken_for_a_request(booking: Served) -> None:
    with Caller(booking) as caller:
        caller.send("PUT", "/", "Content-Length: 1000\r\n\r\n")
        assert caller.answer().startswith(b"HTTP/1.1 405 ")
        caller.send("GET", "/", "\r\n")
        assert caller.is_closed()
    booking.request("POST", "/", "{}")
    assert [line["status"] for line in booking.lines()][-2:] == [405, 400]
