"""Planned faults, latency, control and the stand-in as a process."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from infra.local.google.client import Control
from infra.local.processes import wait_until
from infra.local.stand_in.client import ControlError
from tests.support.client import Answer
from tests.support.stand_in_http import GoogleApi, event

pytest_plugins = ("tests.support.stand_in_fixtures",)

GONE = (http.client.RemoteDisconnected, ConnectionResetError)


def connected(google: Control) -> socket.socket:
    address = urlsplit(google.url)
    return socket.create_connection((address.hostname, address.port), timeout=5)


def last_request(google: Control) -> dict[str, Any]:
    return google.requests()[-1]


class Elsewhere(threading.Thread):
    """A call on a connection of its own, made beside the test."""

    def __init__(self, api: GoogleApi, body: dict[str, Any], **query: Any) -> None:
        super().__init__()
        self._api = GoogleApi(api.url)
        self._api.access_token = api.access_token or api.refresh().json["access_token"]
        self._body, self._query = body, query
        self.answer: Answer | None = None
        self.start()

    def run(self) -> None:
        try:
            self.answer = self._api.insert(self._body, **self._query)
        except (http.client.HTTPException, ConnectionResetError):
            self.answer = None


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_status_before_or_after_the_effect(google: Control, api: GoogleApi, when: str) -> None:
    google.fault(
        "insert",
        "status",
        when=when,
        status=429,
        reason="rateLimitExceeded",
        message="slow down",
        retry_after=7,
    )
    answer = api.insert(event(id="class1"))
    assert (answer.status, answer.reason) == (429, "rateLimitExceeded")
    assert answer.headers["Retry-After"] == "7"
    assert answer.json["error"]["errors"][0]["domain"] == "usageLimits"
    noted = last_request(google)
    assert noted["status"] == 429
    assert (noted["fault"]["kind"], noted["fault"]["when"]) == ("status", when)
    assert (noted["effect_at"] is not None) == (len(google.events()) == 1) == (when == "after")
    assert api.insert(event(id="class2")).status == 200


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_dropped_connection(google: Control, api: GoogleApi, when: str) -> None:
    api.refresh()
    google.fault("insert", "drop", when=when)
    with pytest.raises(GONE):
        api.insert(event(id="class1"))
    assert len(google.events()) == (when == "after")
    noted = last_request(google)
    assert noted["status"] is None
    assert noted["finished_at"] >= noted["received_at"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<html>Bad gateway</html>", "text/html"),
        ("", "application/json"),
        ([], "application/json"),
        ({"error": "text"}, "application/json"),
    ],
)
def test_odd_bodies(google: Control, api: GoogleApi, body: Any, content_type: str) -> None:
    google.fault("token", "status", status=502, body=body, content_type=content_type)
    answer = api.refresh()
    assert (answer.status, answer.headers["Content-Type"]) == (502, content_type)
    assert answer.body.decode() == (body if isinstance(body, str) else json.dumps(body))


def test_faults_are_counted_skipped_and_matched(google: Control, api: GoogleApi) -> None:
    api.list()
    google.fault("get", "status", skip=1, times=2)
    google.fault("*", "status", match="class9", times=-1)
    statuses = [api.get("class1").status for _ in range(4)]
    assert statuses == [404, 503, 503, 404]
    assert [api.get("class9").status for _ in range(3)] == [503] * 3
    assert api.insert(event(id="class9")).status == 503
    google.clear_faults()
    assert api.get("class9").status == 404


def test_silence_ends_when_the_client_leaves(google: Control, api: GoogleApi) -> None:
    api.refresh()
    google.fault("insert", "silence", when="after")
    api.list()
    sock = connected(google)
    body = json.dumps(event(id="class1"))
    sock.sendall(
        b"POST /calendar/v3/calendars/primary/events HTTP/1.1\r\n"
        + f"Authorization: Bearer {api.access_token}\r\n".encode()
        + f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    assert wait_until(lambda: len(google.events()) == 1, 5)
    assert last_request(google)["finished_at"] is None
    sock.close()
    assert wait_until(lambda: last_request(google)["finished_at"] is not None, 5)
    assert last_request(google)["status"] is None


@pytest.mark.parametrize("kind", ["silence", "late", "drip"])
def test_a_reset_lets_everybody_go(google: Control, api: GoogleApi, kind: str) -> None:
    google.fault("insert", kind, seconds=60, interval=60)
    waiting = Elsewhere(api, event(id="class1"))
    assert wait_until(lambda: google.counts().get("insert") == 1, 5)
    google.reset()
    waiting.join(5)
    assert not waiting.is_alive()
    assert google.events() == []
    assert google.requests() == []


def test_silence_is_bounded(google: Control, api: GoogleApi) -> None:
    google.fault("list", "silence", seconds=0.05)
    with pytest.raises(GONE):
        api.list()


def test_a_late_effect_comes_though_the_client_has_left(google: Control, api: GoogleApi) -> None:
    google.fault("insert", "late", seconds=0.2)
    waiting = Elsewhere(api, event(id="class1"))
    assert wait_until(lambda: google.counts().get("insert") == 1, 5)
    assert google.events() == []
    waiting.join()
    assert waiting.answer is None
    assert wait_until(lambda: len(google.events()) == 1, 5)
    noted = last_request(google)
    assert noted["effect_at"] - noted["received_at"] >= 0.2
    assert noted["status"] is None


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_delayed_answer(google: Control, api: GoogleApi, when: str) -> None:
    api.list()
    google.fault("insert", "delay", seconds=0.1, when=when)
    assert api.insert(event(id="class1")).status == 200
    noted = last_request(google)
    pause = noted["effect_at"] - noted["received_at"]
    assert noted["finished_at"] - noted["received_at"] >= 0.1
    assert (pause >= 0.1) == (when == "before")


def test_drip(google: Control, api: GoogleApi) -> None:
    google.fault("token", "drip", interval=0.0005)
    assert api.refresh().status == 200
    noted = last_request(google)
    assert noted["status"] == 200


def test_an_answer_cut_off_half_way(google: Control, api: GoogleApi) -> None:
    google.fault("token", "cut")
    with pytest.raises(http.client.IncompleteRead):
        api.refresh()


def test_refused_attendees(google: Control, api: GoogleApi) -> None:
    google.fault("insert", "refuse_attendees")
    assert api.insert(event(id="class1")).status == 200
    guests = [{"email": "student@example.org"}]
    refused = api.insert(event(id="class2", attendees=guests))
    assert refused.json["error"]["message"] == "Invalid attendee email."
    assert api.insert(event(id="class2", attendees=guests)).status == 200


def test_two_overlapping_inserts_are_both_accepted(google: Control, api: GoogleApi) -> None:
    guests = [{"email": "student@example.org"}]
    google.fault("insert", "accept_duplicate", seconds=0.3)
    first = Elsewhere(api, event(id="class1", summary="first", attendees=guests), sendUpdates="all")
    assert wait_until(lambda: google.counts().get("insert") == 1, 5)
    second = api.insert(event(id="class1", summary="second", attendees=guests), sendUpdates="all")
    assert second.status == 200
    first.join()
    assert first.answer is not None
    assert first.answer.status == 200
    [held] = google.events()
    assert held["summary"] == "first"
    assert [mail["kind"] for mail in google.invitations()] == ["invitation", "invitation"]
    google.fault("insert", "accept_duplicate")
    assert api.insert(event(id="class1")).reason == "duplicate"


def test_latency_is_slept_side_by_side(google: Control, api: GoogleApi) -> None:
    google.latency(0.2, "insert")
    begun = time.monotonic()
    calls = [Elsewhere(api, event(id=f"class{number}")) for number in range(8)]
    for call in calls:
        call.join()
    assert 0.2 <= time.monotonic() - begun < 1.5
    assert len(google.events()) == 8
    google.latency(0, "insert")
    assert google.settings()["latency"] == {"insert": 0}


def test_echo_is_in_every_error(google: Control, api: GoogleApi) -> None:
    google.settings(echo=["canary-1", "canary-2"])
    google.fault("list", "status")
    for answer in (
        api.list(),
        api.get("none1"),
        api.insert(event(id="UPPER")),
        api.call("GET", "/calendar/v3/calendars/primary/events"),
        api.call("GET", "/v1/projects/p/secrets/none/versions/latest:access"),
        api.refresh(client_id="none"),
    ):
        assert answer.status >= 400
        assert b"canary-1 canary-2" in answer.body


def test_requests_are_remembered(google: Control, api: GoogleApi) -> None:
    api.insert(event(id="class1"), sendUpdates="all")
    token, insert = google.requests()
    assert token["operation"] == "token"
    assert token["body"]["grant_type"] == "refresh_token"
    assert (insert["sequence"], insert["method"], insert["status"]) == (2, "POST", 200)
    assert insert["path"] == "/calendar/v3/calendars/admin%40example.com/events"
    assert insert["query"] == {"sendUpdates": ["all"]}
    assert insert["body"]["id"] == "class1"
    assert "authorization" not in insert["headers"]
    assert insert["received_at"] <= insert["effect_at"] <= insert["finished_at"]
    assert google.requests("token") == google.requests(after=0)[:1] == [token]
    assert google.requests(after=1) == [insert]
    assert google.counts() == {"token": 1, "insert": 1}
    google.clear_requests()
    assert (google.requests(), google.counts()) == ([], {})
    api.list()
    assert last_request(google)["sequence"] == 3


@pytest.mark.parametrize(
    ("method", "args", "details"),
    [
        ("settings", (), {"unknown": 1}),
        ("settings", (), {"meet": {"kind": "success"}}),
        ("fault", ("insert", "explode"), {}),
        ("fault", ("insert", "drop"), {"often": 2}),
        ("fault", ("insert", "drop"), {"when": "later"}),
        ("fault", ("get", "accept_duplicate"), {}),
        ("seed", ({"title": "x"},), {}),
        ("remove", ("none1",), {}),
        ("revoke", ("none",), {}),
    ],
)
def test_control_says_what_it_cannot_do(
    google: Control, method: str, args: tuple[Any, ...], details: dict[str, Any]
) -> None:
    with pytest.raises(ControlError):
        getattr(google, method)(*args, **details)


@pytest.mark.parametrize("header", ["Transfer-Encoding: chunked", "Content-Length: many"])
def test_a_body_of_unknown_length_is_refused(google: Control, header: str) -> None:
    with connected(google) as sock, sock.makefile("rb") as answer:
        sock.sendall(f"POST /token HTTP/1.1\r\n{header}\r\n\r\n".encode())
        assert answer.read().startswith(b"HTTP/1.1 411")


class TestProcess:
    COMMAND = (sys.executable, "-m", "infra.local.google", "--port")
    ROOT = Path(__file__).parents[1]

    @pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
    def test_it_stops_at_once(self, sent: signal.Signals) -> None:
        with subprocess.Popen([*self.COMMAND, "0"], stdout=subprocess.PIPE, cwd=self.ROOT) as run:
            assert run.stdout is not None
            google = Control(json.loads(run.stdout.readline())["url"])
            google.fault("token", "silence")
            with connected(google) as sock:
                sock.sendall(b"POST /token HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
                assert wait_until(lambda: google.counts() == {"token": 1}, 5)
                run.send_signal(sent)
                assert run.wait(2) == 0

    def test_a_taken_port_is_named(self, google: Control) -> None:
        port = str(urlsplit(google.url).port)
        run = subprocess.run(
            [*self.COMMAND, port], cwd=self.ROOT, capture_output=True, text=True, check=False
        )
        assert run.returncode == 1
        assert run.stderr.count("\n") == 1
        assert port in run.stderr
