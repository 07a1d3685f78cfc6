"""The real gcloud, asked whether it understands a command.

It reads its arguments before it looks for an account: here there is none, so the complaint about
that is the sign that a command was understood.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import pytest

UNDERSTOOD = "You do not currently have an active account selected"

_program = shutil.which("gcloud")
needs_gcloud = pytest.mark.skipif(_program is None, reason="gcloud is not installed")

# Starting gcloud takes most of a second, reading a command some milliseconds.
_READ_COMMANDS = """
import contextlib, io, json, sys
from googlecloudsdk import gcloud_main
from googlecloudsdk.core import log

cli = gcloud_main.CreateCLI([])
ended = []
for command in json.load(sys.stdin):
    errors, status = io.StringIO(), 0
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(errors):
        log.Reset()
        try:
            cli.Execute(command)
        except SystemExit as exit:
            status = exit.code
    ended.append((status, errors.getvalue()))
json.dump(ended, sys.stdout)
"""


class RealGcloud:
    """gcloud with a configuration of its own, without account or questions."""

    def __init__(self, directory: Path, cwd: Path) -> None:
        self._environ = {
            "PATH": os.environ["PATH"],
            "CLOUDSDK_CONFIG": str(directory),
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
            "CLOUDSDK_CORE_DISABLE_FILE_LOGGING": "1",
            "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        }
        self._cwd = cwd

    def run(self, *arguments: str) -> str:
        """What it prints."""
        return self._run([str(_program), *arguments])

    def complaints(self, commands: Iterable[Sequence[str]]) -> str:
        """What it says about those of the commands that it does not understand."""
        asked = list(commands)
        ended = json.loads(self.python(_READ_COMMANDS, json.dumps(asked)))
        return "\n".join(
            f"{command}\n{errors}"
            for command, (status, errors) in zip(asked, ended, strict=True)
            if status and UNDERSTOOD not in errors
        )

    def python(self, code: str, stdin: str) -> str:
        """What some code prints that its own Python runs, with its own modules at hand."""
        root, python = self._installed
        paths = [f"{root}/lib/third_party", f"{root}/lib"]
        return self._run([python, "-S", "-c", f"import sys; sys.path[:0] = {paths}\n{code}"], stdin)

    @cached_property
    def _installed(self) -> list[str]:
        """Its directory and its Python."""
        return self.run(
            "info", "--format=value(installation.sdk_root,basic.python_location)"
        ).split()

    def _run(self, command: list[str], stdin: str = "") -> str:
        done = subprocess.run(
            command,
            cwd=self._cwd,
            env=self._environ,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
