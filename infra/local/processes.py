"""Child processes that never outlive us, and the little needed to wait for them."""

import errno
import http.client
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO

# The command becomes the leader of a process group of its own. Beside it waits a shell that ends
# the whole group once our end of the pipe is closed: when we stop it, or when we die in any way.
_GUARDED = 'exec 3<&0; (read -r _ <&3; kill -TERM 0) >/dev/null 2>&1 & exec "$@" 3<&- </dev/null'


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    stdout: IO[bytes] | int | None = None,
    stderr: IO[bytes] | int | None = None,
    grace_seconds: float = 8,
) -> Iterator[subprocess.Popen[bytes]]:
    """The process of `command`, stopped with all its children at the end: SIGTERM, then SIGKILL."""
    process = subprocess.Popen(
        ["/bin/sh", "-c", _GUARDED, "sh", *command],
        env=env,
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace_seconds)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()


def free_port() -> int:
    """A port of the loopback interface that nobody has at the moment.

    It lies below those that systems hand out themselves, for outgoing connections too. Until
    this process ends nobody else is given it here, so that it is still free when it is used.
    """
    while True:
        address = "127.0.0.1", 20_000 + secrets.randbelow(12_000)
        # TCP and UDP number their ports separately: holding the one reserves the other. Nothing is
        # bound to try the port: a child that starts at that moment would hold it for a while.
        reservation = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with socket.socket() as probe, suppress(OSError):
            reservation.bind(address)
            if probe.connect_ex(address) == errno.ECONNREFUSED:
                reservation.detach()  # open as long as this process lives
                return address[1]
        reservation.close()


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask until `condition` holds; False when it did not within `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def answers(address: str, path: str, status: int) -> bool:
    """Whether a GET at "host:port" is answered with this status."""
    with closing(http.client.HTTPConnection(address, timeout=5)) as connection:
        try:
            connection.request("GET", path)
            return connection.getresponse().status == status
        except (OSError, http.client.HTTPException):
            return False
