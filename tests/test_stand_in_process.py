"""The stand-in for Google as a process: faults that take time or a connection, and its end."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from infra.local.google.control import Control
from infra.local.processes import wait_until
from infra.local.stack import ROOT
from infra.local.stand_in.control import Remote
from tests.support.client import Answer, send
from tests.support.google_api import GoogleApi, event

GONE = (http.client.RemoteDisconnected, ConnectionResetError)
COMMAND = (sys.executable, "-m", "infra.local.google", "--port")
GUESTS = [{"email": "student@example.org"}]


@pytest.fixture
def api(google: Control) -> GoogleApi:
    """A client that has its access token."""
    api = GoogleApi(partial(send, urlsplit(google.url).netloc))
    api.list()
    google.clear_requests()
    return api


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    """Makes calls beside the test."""
    with ThreadPoolExecutor(8) as pool:
        yield pool


def connected(google: Control) -> socket.socket:
    address = urlsplit(google.url)
    return socket.create_connection((address.hostname, address.port), timeout=5)


def an_insert(api: GoogleApi) -> bytes:
    body = json.dumps(event(id="class1"))
    head = (
        "POST /calendar/v3/calendars/primary/events HTTP/1.1",
        f"Authorization: Bearer {api.access_token}",
        f"Content-Length: {len(body)}",
    )
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def last_request(google: Control) -> dict[str, Any]:
    return google.requests()[-1]


def has_arrived(google: Control) -> bool:
    return wait_until(lambda: google.counts() == {"insert": 1}, 5)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_dropped_connection(google: Control, api: GoogleApi, when: str) -> None:
    google.fault("insert", "drop", when=when)
    with pytest.raises(GONE):
        api.insert(event(id="class1"))
    assert len(google.events()) == (when == "after")


def test_silence_ends_when_the_client_leaves(google: Control, api: GoogleApi) -> None:
    google.fault("insert", "silence", when="after")
    with closing(connected(google)) as sock:
        sock.sendall(an_insert(api))
        assert wait_until(lambda: len(google.events()) == 1, 5)
        assert last_request(google)["finished_at"] is None
    assert wait_until(lambda: last_request(google)["finished_at"] is not None, 5)
    assert last_request(google)["status"] is None


@pytest.mark.parametrize("kind", ["silence", "delay", "drip"])
def test_a_reset_lets_everybody_go(
    google: Control, api: GoogleApi, beside: ThreadPoolExecutor, kind: str
) -> None:
    google.fault("insert", kind, seconds=60)
    waiting = beside.submit(api.insert, event(id="class1"))
    assert has_arrived(google)
    google.reset()
    assert isinstance(waiting.exception(5), http.client.HTTPException | ConnectionResetError)
    assert (google.events(), google.requests()) == ([], [])


def test_a_delayed_effect_comes_though_the_client_has_left(google: Control, api: GoogleApi) -> None:
    google.fault("insert", "delay", seconds=0.2)
    with closing(connected(google)) as sock:
        sock.sendall(an_insert(api))
        assert has_arrived(google)
    assert google.events() == []
    assert wait_until(lambda: len(google.events()) == 1, 5)
    noted = last_request(google)
    assert noted["effect_at"] - noted["received_at"] >= 0.2


def test_an_answer_that_drips_or_is_cut_off_half_way(google: Control, api: GoogleApi) -> None:
    google.fault("token", "drip", seconds=0.0005)
    assert api.refresh().status == 200
    google.fault("token", "cut")
    with pytest.raises(http.client.IncompleteRead):
        api.refresh()


def test_two_overlapping_inserts_are_both_accepted(
    google: Control, api: GoogleApi, beside: ThreadPoolExecutor
) -> None:
    def insert(summary: str) -> Answer:
        body = event(id="class1", summary=summary, attendees=GUESTS)
        return api.insert(body, sendUpdates="all")

    google.fault("insert", "accept_duplicate", seconds=0.3)
    first = beside.submit(insert, "first")
    assert has_arrived(google)
    assert (insert("second").status, first.result().status) == (200, 200)
    assert [held["summary"] for held in google.events()] == ["first"]
    assert [mail["kind"] for mail in google.invitations()] == ["invitation", "invitation"]
    google.fault("insert", "accept_duplicate", seconds=0)
    assert insert("third").reason == "duplicate"


def test_latency_is_slept_side_by_side(
    google: Control, api: GoogleApi, beside: ThreadPoolExecutor
) -> None:
    google.latency(0.5, "insert")
    begun = time.monotonic()
    calls: list[Future[Answer]] = [
        beside.submit(api.insert, event(id=f"class{number}")) for number in range(8)
    ]
    assert [call.result().status for call in calls] == [200] * 8
    assert 0.5 <= time.monotonic() - begun < 3
    google.latency(0, "insert")
    assert google.settings()["latency"] == {"insert": 0}


@pytest.mark.parametrize("header", ["Transfer-Encoding: chunked", "Content-Length: many"])
def test_a_body_of_unknown_length_is_refused(google: Control, header: str) -> None:
    with connected(google) as sock, sock.makefile("rb") as answer:
        sock.sendall(f"POST /token HTTP/1.1\r\n{header}\r\n\r\n".encode())
        assert answer.read().startswith(b"HTTP/1.1 411")


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once(sent: signal.Signals) -> None:
    with subprocess.Popen([*COMMAND, "0"], stdout=subprocess.PIPE, cwd=ROOT) as run:
        assert run.stdout is not None
        google = cast("Control", Remote(json.loads(run.stdout.readline())["url"]))
        google.fault("token", "silence")
        with connected(google) as sock:
            sock.sendall(b"POST /token HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
            assert wait_until(lambda: google.counts() == {"token": 1}, 5)
            run.send_signal(sent)
            assert run.wait(2) == 0


def test_a_taken_port_is_named(google: Control) -> None:
    port = str(urlsplit(google.url).port)
    run = subprocess.run([*COMMAND, port], cwd=ROOT, capture_output=True, text=True)
    said = f"The stand-in for Google cannot use port {port}: Address already in use\n"
    assert (run.returncode, run.stderr) == (1, said)
