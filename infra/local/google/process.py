"""Runs the stand-in as a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.processes import running

from .client import Control

_ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def running_stand_in() -> Iterator[Control]:
    """A stand-in for as long as the context, or this process, lasts.

    Raises:
        RuntimeError: it did not start; its own words are on standard error.
    """
    command = [sys.executable, "-m", "infra.local.google"]
    env = {**os.environ, "PYTHONPATH": str(_ROOT)}
    with running(command, env=env, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("the stand-in for Google did not start")
        yield Control(json.loads(line)["url"])
