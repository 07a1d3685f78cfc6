"""A stand-in as a process of its own: `python -m infra.local.google --port N`."""

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TypeVar, cast

from infra.local.processes import running
from infra.local.server import Server
from infra.local.stand_in.application import StandIn
from infra.local.stand_in.control import Remote, StandInControl

Control = TypeVar("Control", bound=StandInControl)

_ROOT = Path(__file__).parents[3]


def serve(stand_in: StandIn) -> None:
    """Serves until it is told to stop; prints `{"url": ...}` once it listens."""
    parser = argparse.ArgumentParser(description=f"Serves the stand-in for {stand_in.of}.")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    port = parser.parse_args().port
    try:
        server = Server(port, stand_in)
    except OSError as error:
        parser.exit(1, f"The stand-in for {stand_in.of} cannot use port {port}: {error.strerror}\n")
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}), flush=True)
    server.serve_forever(poll_interval=60)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """At once: nothing here outlives the process, and waiting connections must not hold it."""
    os._exit(0)


@contextmanager
def running_stand_in(name: str, _control: type[Control]) -> Iterator[Control]:
    """Controls the stand-in that `python -m name` serves, as long as the context, or this process,
    lasts. Raises RuntimeError if it did not start; why, stands on standard error."""
    env = {**os.environ, "PYTHONPATH": str(_ROOT)}
    with running([sys.executable, "-m", name], env=env, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"{name} did not start")
        yield cast("Control", Remote(json.loads(line)["url"]))
