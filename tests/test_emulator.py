"""The launcher of the Firestore emulator: where it comes from, and what it says when it cannot."""

import hashlib
import io
import os
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.local.emulator import clear, firestore_emulator
from infra.local.emulator_jar import (
    RELEASE,
    EmulatorRelease,
    EmulatorUnavailable,
    cache_directory,
    download,
    gcloud_component,
)
from infra.local.gateway import in_background
from infra.local.processes import free_port

Clean = dict[str, str]


@pytest.fixture(scope="module")
def environ() -> Clean:
    """This environment, naming no emulator that runs already."""
    return {key: value for key, value in os.environ.items() if key != "FIRESTORE_EMULATOR_HOST"}


@pytest.fixture(scope="module")
def emulator(environ: Clean) -> Iterator[str]:
    with firestore_emulator(environ=environ) as host:
        yield host


def _documents(host: str, project: str) -> str:
    return f"http://{host}/v1/projects/{project}/databases/(default)/documents/Kind"


def _answer(url: str, body: bytes | None = None) -> bytes:
    headers = {"Authorization": "Bearer owner", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:
        content: bytes = answer.read()
        return content


def test_clear_empties_one_project_and_no_other(emulator: str) -> None:
    for project in ("cleared", "kept"):
        _answer(_documents(emulator, project), b'{"fields": {}}')
    clear(emulator, "cleared")
    assert b"documents" not in _answer(_documents(emulator, "cleared"))
    assert b"documents" in _answer(_documents(emulator, "kept"))


def test_an_emulator_that_is_named_is_used_and_left_running(emulator: str) -> None:
    with firestore_emulator(environ={"FIRESTORE_EMULATOR_HOST": emulator}) as host:
        assert host == emulator
    assert _answer(f"http://{emulator}/")


def test_an_emulator_that_is_named_but_absent_is_an_error() -> None:
    absent = f"127.0.0.1:{free_port()}"
    with (
        pytest.raises(EmulatorUnavailable, match=f"FIRESTORE_EMULATOR_HOST is {absent} but no"),
        firestore_emulator(environ={"FIRESTORE_EMULATOR_HOST": absent}),
    ):
        pass


class _Downloads(ThreadingHTTPServer):
    """Serves `content` under any name, `held_back` bytes less of it than announced."""

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Download)
        self.content = content
        self.held_back = 0
        self.asked_for: list[str] = []

    def release(self, content: bytes) -> EmulatorRelease:
        digest = hashlib.sha256(content).hexdigest()
        return EmulatorRelease("1.2.3", digest, f"http://127.0.0.1:{self.server_port}/emulator")


class _Download(BaseHTTPRequestHandler):
    server: _Downloads

    def do_GET(self) -> None:
        self.server.asked_for.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content[: len(self.server.content) - self.server.held_back])

    def log_message(self, format: str, *args: object) -> None:
        pass


Serve = Callable[[bytes], _Downloads]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as cleanup:

        def start(content: bytes) -> _Downloads:
            server = cleanup.enter_context(_Downloads(content))
            cleanup.enter_context(in_background(server))
            return server

        yield start


def _silent(_: str) -> None:
    pass


def test_a_download_is_made_once_and_said(tmp_path: Path, serve: Serve) -> None:
    server = serve(b"a jar")
    said: list[str] = []
    for _ in range(2):
        jar = download(server.release(b"a jar"), tmp_path / "cache", said.append)
    assert jar.read_bytes() == b"a jar"
    assert server.asked_for == ["/emulator/cloud-firestore-emulator-v1.2.3.jar"]
    assert len(said) == 1
    assert [jar] == list((tmp_path / "cache").iterdir())


def test_a_download_with_another_hash_is_not_kept(tmp_path: Path, serve: Serve) -> None:
    server = serve(b"something else")
    with pytest.raises(EmulatorUnavailable, match=r"its sha256 is .* instead of"):
        download(server.release(b"a jar"), tmp_path, _silent)
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_breaks_off_is_not_kept_and_can_be_repeated(
    tmp_path: Path, serve: Serve
) -> None:
    content = bytes(3_000_000)
    server = serve(content)
    server.held_back = 1_000_000
    with pytest.raises(EmulatorUnavailable, match=r"broke off 1,000,000 bytes before its end"):
        download(server.release(content), tmp_path, _silent)
    assert list(tmp_path.iterdir()) == []
    server.held_back = 0
    assert download(server.release(content), tmp_path, _silent).read_bytes() == content


def test_a_download_from_nowhere_says_what_to_do(tmp_path: Path) -> None:
    release = EmulatorRelease("1.2.3", "0" * 64, f"http://127.0.0.1:{free_port()}")
    with pytest.raises(EmulatorUnavailable, match="gcloud components install"):
        download(release, tmp_path, _silent)


def test_downloads_are_kept_in_the_users_cache(tmp_path: Path) -> None:
    assert cache_directory({"XDG_CACHE_HOME": str(tmp_path)}).parent == tmp_path
    assert cache_directory({}).parent == Path.home() / ".cache"


def test_an_emulator_that_does_not_start_is_quoted(tmp_path: Path, serve: Serve) -> None:
    environ = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    with (
        pytest.raises(EmulatorUnavailable, match=r"did not start; its own words: Error: Could not"),
        firestore_emulator(environ=environ, release=serve(b"jar").release(b"jar")),
    ):
        pass


def test_without_gcloud_or_java_the_download_is_run(
    tmp_path: Path, environ: Clean, serve: Serve
) -> None:
    """What is downloaded here is a small jar that only refers to the real emulator's."""
    jar = gcloud_component(environ) or download(RELEASE, cache_directory(environ), _silent)
    bare = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    cache_directory(bare).mkdir(parents=True)
    (cache_directory(bare) / "real.jar").symlink_to(jar)
    small = _jar_that_refers_to("real.jar")
    with firestore_emulator(environ=bare, release=serve(small).release(small)) as host:
        assert _answer(f"http://{host}/")


def _jar_that_refers_to(jar: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(
            "META-INF/MANIFEST.MF",
            f"Manifest-Version: 1.0\nClass-Path: {jar}\n",
        )
    return content.getvalue()
