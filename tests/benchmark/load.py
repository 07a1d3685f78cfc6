"""Load, made by wrk: small, long proven, and it takes next to nothing of the processors that
the measured function needs (a generator in Node or Python takes as much as the function)."""

import json
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

_SCRIPT = Path(__file__).with_name("load.lua")
LEAST_SECONDS = 0.7
"""wrk looks at the clock only after the first half second."""


class LoadError(Exception):
    """The load could not be made, or was not answered; the text says why."""


class NothingAnswered(LoadError):
    """Not one request was answered in that time."""


@dataclass(frozen=True)
class Load:
    """What a function answered to `connections` callers, each asking again once answered."""

    connections: int
    requests: int
    per_second: float
    median_ms: float
    p99_ms: float
    slowest_ms: float


def check_generator() -> None:
    """Raises LoadError if there is no wrk."""
    if shutil.which("wrk") is None:
        raise LoadError("The benchmark needs wrk: apt-get install wrk")


def load(address: str, connections: int, seconds: float, prefix: str | None = None) -> Load:
    """Asks the function at "host:port" for its listing or, given a prefix, to book the classes
    PREFIX-0, PREFIX-1, and so on. Raises LoadError if an answer was an error, NothingAnswered."""
    command = ["wrk", "-t1", f"-c{connections}", "-d1h", "--timeout=30s", f"-s{_SCRIPT}"]
    command += [f"http://{address}", "--", *([prefix] if prefix else [])]
    output = _output(command, max(seconds, LEAST_SECONDS))
    lines = [line for line in output.splitlines() if line.startswith("{")]
    if not lines:
        raise LoadError(f"wrk: {output}")
    told = json.loads(lines[0])
    if not told["requests"] + told["failed"]:
        raise NothingAnswered(f"no request was answered within {seconds:g} s")
    if told["failed"]:
        raise LoadError(f"{told['failed']} of {told['requests']} requests failed: {output}")
    return Load(
        connections=connections,
        requests=told["requests"],
        per_second=told["requests"] / told["microseconds"] * 1e6,
        median_ms=told["median"] / 1e3,
        p99_ms=told["p99"] / 1e3,
        slowest_ms=told["slowest"] / 1e3,
    )


def _output(command: list[str], seconds: float) -> str:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as wrk:
        try:
            output, _ = wrk.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            wrk.send_signal(signal.SIGINT)  # it then tells what it has measured
            output, _ = wrk.communicate(timeout=60)
        finally:
            wrk.kill()
        return output
