"""A packaged function in a process of its own, served by functions-framework."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.local.google import defaults
from infra.local.processes import free_port, running
from infra.local.stack import Process, function_command, wait_for_function
from tests.support.canaries import assert_not_told, nothing_told_in
from tests.support.client import Answer, Body, send

PROJECT = f"project-of-{os.environ.get('PYTEST_XDIST_WORKER', 'tests')}"
"""Each worker has its own, should they share an emulator."""

SETTINGS = {
    "CALENDAR_ID": defaults.CALENDAR_ID,
    "AUTH_GOOGLE_ID": defaults.CLIENT_ID,
    "AUTH_GOOGLE_SECRET": defaults.CLIENT_SECRET,
    "GOOGLE_REDIRECT_URI": defaults.REDIRECT_URI,
    "ADMIN_EMAIL": defaults.ACCOUNT,
    "GOOGLE_CLOUD_PROJECT": PROJECT,
}
"""The required settings, and the project."""


@dataclass
class Served:
    """A function at "host:port", its process and what it has logged."""

    name: str
    address: str
    process: Process
    log: Path
    _forgotten: int = field(default=0)

    def request(
        self,
        method: str,
        path: str = "/",
        body: Body = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 40,
    ) -> Answer:
        answer = send(self.address, method, path, body, headers, timeout)
        assert_not_told(answer.body.decode(errors="replace"))
        return answer

    def get(self, query: str = "", **headers: str) -> Answer:
        return self.request("GET", f"/api/calendar{query}", headers=headers)

    def book(self, preference_id: str, **headers: str) -> Answer:
        """Delivers the notice of a paid class."""
        body = json.dumps({"preferenceId": preference_id})
        return self.request("POST", "/api/calendar", body, headers)

    def text(self) -> str:
        """All that was logged since `forget_log`."""
        return self.log.read_text()[self._forgotten :]

    def lines(self) -> list[dict[str, Any]]:
        """The request lines logged since `forget_log`."""
        return [json.loads(line) for line in self.text().splitlines() if line.startswith("{")]

    def forget_log(self) -> None:
        self._forgotten = len(self.log.read_text())


@contextmanager
def serving(
    source: Path,
    emulator: str,
    google_url: str,
    log: Path,
    settings: Mapping[str, object],
    python: Path = Path(sys.executable),
) -> Iterator[Served]:
    """Serves the function packaged in `source`. A setting that is None is left out."""
    wanted: dict[str, object] = {
        **SETTINGS,
        "FIRESTORE_EMULATOR_HOST": emulator,
        "GOOGLE_EMULATOR_URL": google_url,
        **settings,
    }
    environ = {key: str(value) for key, value in wanted.items() if value is not None}
    environ["PATH"] = os.environ["PATH"]
    address = f"127.0.0.1:{free_port()}"
    command = function_command(source.name, source.parent, address, python)
    with (
        nothing_told_in(log),
        log.open("wb") as output,
        running(command, env=environ, stdout=output, stderr=output) as process,
    ):
        wait_for_function(source.name, address, process)
        yield Served(source.name, address, process, log)
