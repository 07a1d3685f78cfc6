"""A command of infra/ in a process of its own, forked from one that has imported it already:
starting it takes milliseconds instead of seconds."""

import importlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

_FINISH_SECONDS = 40
_context = multiprocessing.get_context("forkserver")
_COMMANDS = [f"infra.commands.{name}.command" for name in ("authorize", "doctor", "reconcile")]
_context.set_forkserver_preload(["tests.support.forked", *_COMMANDS])


class Forked:
    """A command under way, which prints to two files in `directory`."""

    def __init__(
        self, name: str, arguments: tuple[str, ...], environ: Mapping[str, str], directory: Path
    ) -> None:
        directory.mkdir(exist_ok=True)
        self._output, self._errors = directory / "output", directory / "errors"
        self._output.touch()
        self._errors.touch()
        given = {"PATH": os.environ["PATH"], **environ}
        self._process = _context.Process(
            target=_run, args=(name, arguments, given, directory), daemon=True
        )
        self._process.start()

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._output.read_text()

    @property
    def errors(self) -> str:
        """What it has printed so far on standard error."""
        return self._errors.read_text()

    @property
    def is_running(self) -> bool:
        return self._process.is_alive()

    def interrupt(self) -> None:
        """As Ctrl-C does."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGINT)

    def finish(self) -> int:
        """Waits for its end and answers its exit status."""
        self._process.join(_FINISH_SECONDS)
        status = self._process.exitcode
        assert status is not None, "the command does not end"
        return status

    def stop(self) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()


@contextmanager
def forked(
    name: str, *arguments: str, environ: Mapping[str, str], directory: Path
) -> Iterator[Forked]:
    """Runs a command in a directory; its environment holds nothing but `environ`."""
    command = Forked(name, arguments, environ, directory)
    try:
        yield command
    finally:
        command.stop()


def _run(name: str, arguments: tuple[str, ...], environ: dict[str, str], directory: Path) -> None:
    os.environ.clear()
    os.environ.update(environ)
    sys.stdout = _stream(directory / "output", 1)
    sys.stderr = _stream(directory / "errors", 2)
    # Not the .env of whoever runs the tests.
    given = [*arguments, "--env", str(directory / ".env")]
    os._exit(importlib.import_module(f"infra.commands.{name}.command").main(given))


def _stream(file: Path, descriptor: int) -> TextIO:
    """A file in the place of standard output or error."""
    stream = file.open("w", buffering=1)
    os.dup2(stream.fileno(), descriptor)
    return stream
