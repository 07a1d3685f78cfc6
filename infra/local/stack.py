"""All that a booking needs, on this machine: Firestore, Google, and both functions as deployed."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.emulator import firestore_emulator
from infra.local.function_log import FunctionLog
from infra.local.google import defaults
from infra.local.google.control import Control, running_stand_in
from infra.local.processes import answers, free_port, running, wait_until

PROJECT = "local-project"
ROOT = Path(__file__).parents[2]
_START_SECONDS = 60.0

Process = subprocess.Popen[bytes]
Say = Callable[[str], None]


class StackError(Exception):
    """A part of the stack does not run; the text says which."""


@dataclass(frozen=True)
class Stack:
    """What runs: Firestore's "host:port", the stand-in, and by name each function's "host:port"
    and process; the functions' environment and what they log."""

    firestore: str
    google: Control
    functions: Mapping[str, str]
    processes: Mapping[str, Process]
    settings: Mapping[str, str] = field(default_factory=dict)
    log: FunctionLog = field(default_factory=FunctionLog)

    def watch(self) -> None:
        """Wait for good. Raises StackError when a function ends by itself."""
        while True:
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise StackError(f"{name} has ended, with status {process.returncode}.")
            time.sleep(0.5)


@contextmanager
def local_stack(say: Say, origins: Sequence[str]) -> Iterator[Stack]:
    """Run everything; `say` is told each step. Pages of `origins` may list the events, besides
    those of `ALLOWED_ORIGINS`. Raises StackError, EmulatorUnavailable."""
    with ExitStack() as started:
        say("packaging both functions, as ./deploy.sh does")
        package = Path(started.enter_context(tempfile.TemporaryDirectory()))
        if subprocess.run([ROOT / "deploy.sh", "--package", package]).returncode:
            raise StackError("The functions could not be packaged; why, stands above.")
        say("starting the Firestore emulator")
        firestore = started.enter_context(firestore_emulator(say=say))
        say("starting the stand-in for Google")
        google = started.enter_context(running_stand_in())
        say("starting both functions")
        log = FunctionLog()
        started.enter_context(log.reading())
        settings = function_settings(firestore, google.url)
        allowed = filter(None, [*origins, os.environ.get("ALLOWED_ORIGINS")])
        settings["ALLOWED_ORIGINS"] = ",".join(allowed)
        sources = [package / name for name in ("list_events", "create_event")]
        functions, processes = started.enter_context(running_functions(sources, settings, log))
        yield Stack(firestore, google, functions, processes, settings, log)


@contextmanager
def running_functions(
    sources: Sequence[Path], settings: Mapping[str, str], log: FunctionLog
) -> Iterator[tuple[dict[str, str], dict[str, Process]]]:
    """Each is served under its directory's name: by name, the "host:port" and the process. Raises
    StackError."""
    with ExitStack() as started:
        functions, processes = {}, {}
        for source in sources:
            name, address = source.name, f"127.0.0.1:{free_port()}"
            command = function_command(name, source.parent, address)
            process = running(command, env=settings, stdout=log.descriptor)
            functions[name], processes[name] = address, started.enter_context(process)
        for name, address in functions.items():
            wait_for_function(name, address, processes[name])
        yield functions, processes


def function_settings(firestore: str, google: str) -> dict[str, str]:
    """The environment of a local function: ours, with the settings that make it a local one.

    Without proxies: all it calls is local.
    """
    ours = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    ours.pop("K_SERVICE", None)
    return {
        "EVENTS_CACHE_SECONDS": "0",  # what was booked is listed at once
        "HOLD_MAX_MINUTES": "30",
        "TIME_ZONE": defaults.TIME_ZONE,
        **ours,
        "FIRESTORE_EMULATOR_HOST": firestore,
        "GOOGLE_EMULATOR_URL": google,
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "AUTH_GOOGLE_ID": defaults.CLIENT_ID,
        "AUTH_GOOGLE_SECRET": defaults.CLIENT_SECRET,
        "GOOGLE_REDIRECT_URI": defaults.REDIRECT_URI,
        "ADMIN_EMAIL": defaults.ACCOUNT,
        "CALENDAR_ID": defaults.CALENDAR_ID,
        "REFRESH_TOKEN_SECRET": defaults.REFRESH_TOKEN_SECRET,
        "VIRTUAL_CLASS_COLLECTION": "VirtualClass",
        "FIRESTORE_DATABASE": "(default)",
    }


def function_command(
    name: str, package: Path, address: str, python: str | Path = sys.executable
) -> list[str | Path]:
    """Serves the function packaged in `package / name` at "host:port", as Cloud Run does."""
    source = package / name / "main.py"
    host, port = address.split(":")
    # -P: it shall import what was packaged, and nothing from the directory we happen to be in.
    framework = [python, "-P", "-m", "functions_framework", "--target", name, "--source", source]
    return [*framework, "--host", host, "--port", port]


def wait_for_function(name: str, address: str, process: Process) -> None:
    """Until it is served. Raises StackError."""

    def is_served() -> bool:
        # The framework answers this by itself: the function stays untouched.
        return answers(address, "/robots.txt", 404)

    wait_until(lambda: process.poll() is not None or is_served(), _START_SECONDS)
    if not is_served():
        raise StackError(f"{name} did not start; what it says stands above.")
