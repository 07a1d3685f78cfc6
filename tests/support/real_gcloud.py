"""The real gcloud, asked whether it understands a command.

It reads its arguments before it looks for an account: here there is none, so the complaint about
that is the sign that a command was understood.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

UNDERSTOOD = "You do not currently have an active account selected"

_program = shutil.which("gcloud")
needs_gcloud = pytest.mark.skipif(_program is None, reason="gcloud is not installed")


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

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(_program), *arguments],
            cwd=self._cwd,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def complaint(self, arguments: list[str]) -> str:
        done = self.run(*arguments)
        is_understood = done.returncode == 0 or UNDERSTOOD in done.stderr
        return "" if is_understood else f"{arguments}\n{done.stderr}"
