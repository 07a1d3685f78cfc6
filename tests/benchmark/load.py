"""Load, made by wrk: small, long proven, and it takes next to nothing of the processors that
the measured function needs (a generator in Node or Python takes as much as the function)."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_SCRIPT = Path(__file__).with_name("load.lua")


class LoadError(Exception):
    """The load could not be made, or was not answered; the text says why."""


@dataclass(frozen=True)
class Load:
    """What a function answered to callers who each ask again once answered. wrk's percentiles
    count a long wait as often as somebody would have asked meanwhile."""

    requests: int
    per_second: float
    median_ms: float
    p99_ms: float
    slowest_ms: float


def check_generator() -> None:
    """Raises LoadError if there is no wrk."""
    if shutil.which("wrk") is None:
        raise LoadError("The benchmark needs wrk: apt-get install wrk")


def load(address: str, callers: int, seconds: int, most: int, prefix: str | None) -> Load | None:
    """Asks the function at "host:port" for its listing or, given a prefix, to book the classes
    PREFIX-0, PREFIX-1, and so on; until `most` requests are answered, unless that is 0. None if it
    answered nothing in that time. Raises LoadError if an answer was an error."""
    command = ["wrk", "-t1", f"-c{callers}", f"-d{seconds}s", "--timeout=120s", f"-s{_SCRIPT}"]
    command += [f"http://{address}", "--", str(most), *([prefix] if prefix else [])]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout
    told = next((json.loads(line) for line in output.splitlines() if line[:1] == "{"), None)
    if told is None or told["failed"]:
        raise LoadError(f"wrk: {output}")
    if not told["requests"]:
        return None
    return Load(
        requests=told["requests"],
        per_second=told["requests"] / told["microseconds"] * 1e6,
        median_ms=told["median"] / 1e3,
        p99_ms=told["p99"] / 1e3,
        slowest_ms=told["max"] / 1e3,
    )
