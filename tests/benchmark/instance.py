"""One instance of a measured function: started, asked for the first time, looked into."""

import http.client
import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.processes import free_port, running
from infra.local.stack import Process, function_command

_START_SECONDS = 60.0


class InstanceError(Exception):
    """The function did not do what it is measured for; the text says what it did."""


@dataclass(frozen=True)
class Subject:
    """What is measured. `source` is the directory that holds `target`/main.py; `threads` is the
    concurrency that deploy.sh gives the function."""

    name: str
    source: Path
    target: str
    threads: int
    books: bool = False


@dataclass(frozen=True)
class Instance:
    """A running instance, `cold_ms` after whose start the first request was answered."""

    address: str
    process: Process
    log: Path
    cold_ms: float

    def ask(self, preference_id: str | None = None) -> None:
        """One request, for the listing or to book a class. Raises InstanceError unless it is
        answered 200."""
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            _ask(connection, preference_id, self.log)
        finally:
            connection.close()

    def memory_mib(self) -> float:
        """The memory of all the function's processes, shared pages split among their users."""
        return sum(map(_pss_kib, self._processes())) / 1024

    def processor_ms(self) -> float:
        """Processor time that all the function's processes have taken so far. Unlike the time
        that passes it hardly depends on what else the machine does."""
        return sum(map(_processor_ticks, self._processes())) / os.sysconf("SC_CLK_TCK") * 1000

    def lines(self) -> list[dict[str, Any]]:
        """The request lines it has logged."""
        text = self.log.read_text().splitlines()
        return [json.loads(line) for line in text if line.startswith("{")]

    def _processes(self) -> list[Path]:
        """gunicorn's master and its workers."""
        master = Path(f"/proc/{self.process.pid}")
        children = (master / f"task/{self.process.pid}/children").read_text().split()
        program = (master / "exe").readlink()  # the shell that guards the group is another
        family = [master, *(Path("/proc") / child for child in children)]
        return [each for each in family if (each / "exe").readlink() == program]


def _pss_kib(process: Path) -> int:
    found = re.search(r"^Pss: +(\d+) kB$", (process / "smaps_rollup").read_text(), re.MULTILINE)
    assert found
    return int(found[1])


def _processor_ticks(process: Path) -> int:
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])  # utime and stime, proc(5)


@contextmanager
def started(
    subject: Subject, settings: Mapping[str, str], log: Path, preference_id: str | None = None
) -> Iterator[Instance]:
    """An instance that has answered its first request. Raises InstanceError."""
    address = f"127.0.0.1:{free_port()}"
    command = function_command(subject.target, subject.source, address)
    environ = {**settings, "PATH": os.environ["PATH"], "THREADS": str(subject.threads)}
    with log.open("wb") as output:
        began = time.monotonic()
        with running(command, env=environ, stdout=output, stderr=output) as process:
            connection = _connected(address, process, log)
            try:
                _ask(connection, preference_id, log)
                cold_ms = (time.monotonic() - began) * 1000
            finally:
                connection.close()
            yield Instance(address, process, log, cold_ms)


def _connected(address: str, process: Process, log: Path) -> http.client.HTTPConnection:
    """A connection, as soon as the instance takes one."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        connection = http.client.HTTPConnection(address, timeout=30)
        try:
            connection.connect()
        except ConnectionRefusedError:
            time.sleep(0.002)
        else:
            return connection
    raise InstanceError(f"did not start: {log.read_text()}")


def _ask(connection: http.client.HTTPConnection, preference_id: str | None, log: Path) -> None:
    if preference_id is None:
        connection.request("GET", "/api/calendar")
    else:
        connection.request("POST", "/api/calendar", json.dumps({"preferenceId": preference_id}))
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200:
        raise InstanceError(f"answered {response.status} {answer!r}: {log.read_text()}")
