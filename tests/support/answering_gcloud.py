"""A `gcloud` for the tests of infra/doctor.py, first on the PATH: it answers what it is told to.

A command it was told nothing about is an error, so that a test notices. What flags the real gcloud
accepts is asked of the real gcloud, in another test.
"""

import json
import shutil
from pathlib import Path
from typing import Any

NO_ACCOUNT = "ERROR: (gcloud) You do not currently have an active account selected."

_PROGRAM = """#!/bin/sh
command=
for word; do
  case $word in --*) ;; *) command="$command $word" ;; esac
done
cd "$(dirname "$0")/answers"
printf '%s\\n' "$*" >>calls
if [ -f "${command# } complaint" ]; then
  cat "${command# } complaint" >&2
  exit 1
fi
exec cat "${command# }"
"""


class AnsweringGcloud:
    """The program, in a directory of its own, `path`. `answers` holds, by the command's words
    without its flags, the object to print or, as a text, the complaint to fail with."""

    def __init__(self, path: Path, answers: dict[str, Any]) -> None:
        self.path = path
        self._answers = answers
        program = path / "gcloud"
        program.write_text(_PROGRAM)
        program.chmod(0o755)

    def answer(self, changes: dict[str, Any]) -> None:
        """From now on answers as at the start, but for these commands."""
        directory = self.path / "answers"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        (directory / "calls").touch()
        for command, answer in (self._answers | changes).items():
            if isinstance(answer, str):
                (directory / f"{command} complaint").write_text(answer)
            else:
                (directory / command).write_text(json.dumps(answer))

    def calls(self) -> list[list[str]]:
        """Every command line since the last `answer`; none has a space within a word."""
        return [line.split() for line in (self.path / "answers" / "calls").read_text().splitlines()]
