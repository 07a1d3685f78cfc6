"""Runs infra/reconcile.py and reads what it says."""

import itertools
import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.forked import Forked, forked

Line = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """How a run with --json ended and what it said."""

    status: int
    output: str
    progress: str

    @property
    def report(self) -> Line:
        *lines, whole = map(json.loads, self.output.splitlines())
        return {**whole, "findings": [line for line in lines if "kind" in line]}

    @property
    def payments(self) -> list[Line]:
        """The lines about payments."""
        lines = map(json.loads, self.output.splitlines())
        return [line for line in lines if line.get("function") == "reconcile"]

    def kinds(self, *outcomes: str) -> set[tuple[str, str]]:
        """Kind and class of each finding, or of those with one of the outcomes."""
        return {
            (each["kind"], each["classId"])
            for each in self.report["findings"]
            if not outcomes or each["outcome"] in outcomes
        }


class Reconcile:
    """Runs the command."""

    def __init__(self, environ: dict[str, str], directory: Path, running: ExitStack) -> None:
        self.environ = environ
        self._directories = (directory / str(number) for number in itertools.count())
        self._running = running

    def start(self, *arguments: str, **settings: str) -> Forked:
        environ, directory = self.environ | settings, next(self._directories)
        command = forked("reconcile", *arguments, environ=environ, directory=directory)
        return self._running.enter_context(command)

    def end(self, command: Forked) -> Outcome:
        status = command.finish()
        return Outcome(status, command.output, command.errors)

    def __call__(self, *arguments: str, **settings: str) -> Outcome:
        return self.end(self.start(*arguments, **settings))
