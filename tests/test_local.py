"""The local server: `infra/local.sh` and its gateway."""

import json
import os
import re
import shlex
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from infra.local.gateway import API_PATH, Gateway, PortUnavailable, in_background
from infra.local.google.control import Control
from infra.local.google.state import Google
from infra.local.processes import free_port
from infra.local.stack import ROOT, Stack, StackError
from tests.support.client import SUCCESS, Answer, send

COMMAND = [sys.executable, "-m", "infra.local"]


def _call(
    url: str, method: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> Answer:
    address = urlsplit(url)
    return send(address.netloc, method, address.path, body, headers)


class _Echo(BaseHTTPRequestHandler):
    """Answers what it received, with no headers but those written here."""

    protocol_version = "HTTP/1.1"
    server: ThreadingHTTPServer

    def _answer(self) -> None:
        length = self.headers.get("Content-Length")
        received = {
            "server": self.server.server_port,
            "method": self.command,
            "path": self.path,
            "headers": self.headers.items(),
            "body": self.rfile.read(int(length)).decode() if length else None,
        }
        body = json.dumps(received).encode()
        self.send_response_only(418, "Own Words")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "text/odd")
        self.send_header("Vary", "Origin")
        self.send_header("Vary", "Accept")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def _echo() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server, in_background(server):
        yield f"127.0.0.1:{server.server_port}"


@pytest.fixture(scope="module")
def functions() -> Iterator[dict[str, str]]:
    with _echo() as list_events, _echo() as create_event:
        yield {"list_events": list_events, "create_event": create_event}


@pytest.fixture(scope="module")
def gateway(functions: dict[str, str]) -> Iterator[str]:
    with Gateway(0) as gateway, gateway.serving(functions):
        yield gateway.url


@pytest.mark.parametrize(
    ("method", "function"),
    [
        *((method, "list_events") for method in ("GET", "OPTIONS")),
        *((method, "create_event") for method in ("POST", "PUT", "PATCH", "DELETE")),
    ],
)
def test_the_method_chooses_the_function(
    gateway: str, functions: dict[str, str], method: str, function: str
) -> None:
    received = json.loads(_call(gateway, method).body)
    assert f"127.0.0.1:{received['server']}" == functions[function]
    assert received["method"] == method


def test_requests_and_answers_pass_unchanged(gateway: str) -> None:
    headers = {"Origin": "https://school.example", "Host": "calendar.example", "X-Odd": "ñ"}
    query = "?timeMin=2026-01-01T00%3A00%3A00Z"
    answer = _call(gateway, "POST", b'{"a": 1}', headers)
    received = json.loads(answer.body)
    assert received["body"] == '{"a": 1}'
    assert answer.status == 418
    assert dict(answer.headers) == {
        "Content-Length": str(len(answer.body)),
        "Content-Type": "text/odd",
        "Vary": "Origin, Accept",
    }
    sent = dict(received["headers"])
    assert {name: sent[name.lower()] for name in headers} == headers
    asked = send(urlsplit(gateway).netloc, "GET", API_PATH + query)
    assert json.loads(asked.body)["path"] == API_PATH + query


def test_an_answer_to_head_keeps_its_length_and_has_no_body(gateway: str) -> None:
    answer = _call(gateway, "HEAD")
    assert answer.body == b""
    assert int(dict(answer.headers)["Content-Length"]) > 0


def test_there_is_nothing_at_other_paths(gateway: str) -> None:
    answer = _call(gateway.removesuffix(API_PATH) + "/api", "GET")
    assert (answer.status, answer.body) == (404, b"There are only / and /api/calendar here.\n")


def test_a_function_that_does_not_answer_is_told() -> None:
    nobody = f"127.0.0.1:{free_port()}"
    with Gateway(0) as gateway, gateway.serving({"list_events": nobody}):
        answer = _call(gateway.url, "GET")
    assert answer.status == 502
    assert b"The function did not answer" in answer.body


def test_a_browser_that_leaves_is_no_trouble(
    gateway: str, capfd: pytest.CaptureFixture[str]
) -> None:
    address = urlsplit(gateway)
    for _ in range(5):
        with socket.create_connection((address.hostname, address.port or 0)) as left:
            left.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            left.sendall(f"GET {API_PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert _call(gateway, "GET").status == 418
    assert capfd.readouterr().err == ""


def test_a_taken_port_is_said_before_anything_starts() -> None:
    with Gateway(0) as other:
        taken = str(other.server_port)
        failed = subprocess.run(
            [*COMMAND, "--port", taken], cwd=ROOT, capture_output=True, text=True, timeout=30
        )
        with pytest.raises(PortUnavailable):
            Gateway(other.server_port)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == (
        f"infra/local.sh: Port {taken} cannot be used (Address already in use):"
        " stop what listens there, or choose another one with --port N.\n"
    )


@pytest.fixture(scope="module")
def environ(emulator: str) -> dict[str, str]:
    """Lets all local servers share one emulator."""
    return {**os.environ, "FIRESTORE_EMULATOR_HOST": emulator}


def _once(environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "--once"], cwd=ROOT, env=environ, capture_output=True, text=True
    )


def test_once_books_a_class_and_shows_it(environ: dict[str, str]) -> None:
    # Nobody answers at that proxy: none is used for what is local.
    done = _once({**environ, "http_proxy": "http://127.0.0.1:9"})
    assert done.returncode == 0, done.stderr
    shown = re.findall(r"^(The class, \w+|POST|Its event|GET)", done.stdout, re.M)
    assert shown == ["The class, paid", "POST", "Its event", "The class, booked", "GET", "POST"]
    assert len((done.stdout + done.stderr).splitlines()) <= 40
    assert "Clase individual: Inglés conversacional" in done.stdout
    assert done.stdout.endswith("is booked, and a second POST has changed nothing.\n")
    logged = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert [line["function"] for line in logged] == ["create_event", "list_events", "create_event"]


def test_once_fails_with_a_sentence_when_something_is_not_as_it_should_be(
    environ: dict[str, str],
) -> None:
    """Here: the class is farther off than what is listed."""
    failed = _once({**environ, "EVENTS_WINDOW_DAYS": "1"})
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1] == (
        "infra/local.sh: The listing lacks the slot of the class."
    )


@contextmanager
def _served(environ: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running `infra/local.sh`, and its words until it is ready."""
    with subprocess.Popen(
        [*COMMAND, "--port", "0"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = ""
        while "Ctrl-C stops everything" not in said:
            line = process.stdout.readline()
            assert line, f"It ended after saying: {said}"
            said += line
        try:
            yield process, said
        finally:
            process.kill()


def _commands(said: str) -> tuple[str, str, bytes]:
    """What the curl commands to paste say: URL of the listing, URL and body of the booking."""
    lines = [shlex.split(line) for line in said.splitlines() if line.startswith("  curl ")]
    [_, listing], [_, _, _, booking, _, _, _, body] = lines
    return listing, booking, body.encode()


def test_a_class_is_booked_once_by_the_commands_it_prints(environ: dict[str, str]) -> None:
    with _served(environ) as (_, said):
        listing, booking, body = _commands(said)
        before = json.loads(_call(listing, "GET").body)
        for _ in range(2):
            answer = _call(booking, "POST", body.replace(b"sample-1", b"sample-2"))
            assert (answer.status, json.loads(answer.body)) == (200, SUCCESS)
        after = json.loads(_call(listing, "GET").body)
    [added] = [slot for slot in after if slot not in before]
    assert len(after) == len(before) + 1
    assert added["start"]["dateTime"].endswith("T17:30:00-03:00")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_of_it(
    environ: dict[str, str], number: signal.Signals, tmp_path: Path
) -> None:
    with _served({**environ, "TMPDIR": str(tmp_path)}) as (process, _):
        assert list(tmp_path.iterdir())
        process.send_signal(number)
        # All of its children write to the same place: this ends when the last of them is gone.
        said, logged = process.communicate(timeout=30)
    assert (process.returncode, said, logged) == (130, "\nStopping...\nStopped.\n", "")
    assert not list(tmp_path.iterdir())


def test_a_process_that_ends_by_itself_is_named() -> None:
    with subprocess.Popen(["sh", "-c", "exit 3"]) as process:
        stack = Stack("", Control(Google()), {}, {"list_events": process})
        with pytest.raises(StackError, match=r"^list_events has ended, with status 3\.$"):
            stack.watch()


@pytest.mark.parametrize("port", ["65536", "http"])
def test_a_port_that_does_not_exist_is_refused(port: str) -> None:
    failed = subprocess.run([*COMMAND, f"--port={port}"], cwd=ROOT, capture_output=True, text=True)
    assert failed.returncode == 2
    assert failed.stderr.endswith(f"argument --port: invalid port value: '{port}'\n")
