"""Runs the stand-in as a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .client import Control

_ROOT = Path(__file__).resolve().parents[3]
_STOP_SECONDS = 10


@contextmanager
def running_stand_in(port: int = 0) -> Iterator[Control]:
    """A stand-in for as long as the context lasts.

    Raises:
        RuntimeError: it did not start; its own words are on standard error.
    """
    command = [sys.executable, "-m", "infra.local.stand_in", "--port", str(port)]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Control(_url(process))
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _url(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("the stand-in for Google did not start")
    url: str = json.loads(line)["url"]
    return url
