"""One instance of a measured function: started, asked for the first time, looked into."""

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
from infra.local.stack import Process
from tests.benchmark.plan import Subject
from tests.support.client import Answer, book, send

_START_SECONDS = 60.0


class InstanceError(Exception):
    """The function did not do what it is measured for; the text says what it did."""


@dataclass
class Instance:
    """A running instance, `cold_ms` after whose start the first request was answered."""

    address: str
    process: Process
    log: Path
    cold_ms: float = 0

    def ask(self, preference_id: str | None = None) -> Answer:
        """The answer to one request, for the listing or to book a class. Raises InstanceError
        unless it is 200."""
        if preference_id is None:
            answer = send(self.address, "GET", "/api/calendar")
        else:
            answer = book(self.address, preference_id)
        if answer.status != 200:
            raise InstanceError(f"answered {answer.status} {answer.body!r}: {self.log.read_text()}")
        return answer

    def ask_first(self, preference_id: str | None) -> Answer:
        """The same, as soon as the instance takes a connection."""
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                return self.ask(preference_id)
            except ConnectionRefusedError:
                time.sleep(0.002)
        raise InstanceError(f"did not start: {self.log.read_text()}")

    def memory_mib(self) -> float:
        """The memory of all the function's processes, shared pages split among their users."""
        pss = re.compile(r"^Pss: +(\d+) kB$", re.MULTILINE)
        rollups = [(each / "smaps_rollup").read_text() for each in self._processes()]
        return sum(int(kib) for rollup in rollups for kib in pss.findall(rollup)) / 1024

    def processor_ms(self) -> float:
        """Processor time that all the function's processes have taken so far. Unlike the time
        that passes it hardly depends on what else the machine does."""
        stats = [(each / "stat").read_text().rpartition(")")[2] for each in self._processes()]
        ticks = sum(int(ticks) for stat in stats for ticks in stat.split()[11:13])  # see proc(5)
        return ticks / os.sysconf("SC_CLK_TCK") * 1000

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


@contextmanager
def started(
    subject: Subject, settings: Mapping[str, str], log: Path, preference_id: str | None
) -> Iterator[Instance]:
    """An instance that has answered its first request. Raises InstanceError."""
    address = f"127.0.0.1:{free_port()}"
    environ = {"PATH": os.environ["PATH"], "THREADS": str(subject.threads), **settings}
    with log.open("wb") as output:
        began = time.monotonic()
        command = subject.command(address)
        with running(command, env=environ, stdout=output, stderr=output) as process:
            instance = Instance(address, process, log)
            instance.ask_first(preference_id)
            instance.cold_ms = (time.monotonic() - began) * 1000
            yield instance
