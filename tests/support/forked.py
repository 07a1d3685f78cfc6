"""A command of infra/ in a process of its own, forked from one that has imported it already:
starting it takes milliseconds instead of seconds."""

import importlib
import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_FINISH_SECONDS = 40
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    ["tests.support.forked", "infra.commands.authorize.command", "infra.commands.doctor.command"]
)


class Forked:
    """A command under way."""

    def __init__(
        self, module: str, arguments: tuple[str, ...], environ: Mapping[str, str], output: Path
    ) -> None:
        given = {"PATH": os.environ["PATH"], **environ}
        output.touch()
        self._output = output
        self._process = _context.Process(
            target=_run, args=(module, arguments, given, output), daemon=True
        )
        self._process.start()

    @property
    def text(self) -> str:
        """What it has printed so far, on either stream."""
        return self._output.read_text()

    @property
    def is_running(self) -> bool:
        return self._process.is_alive()

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
    module: str, *arguments: str, environ: Mapping[str, str], output: Path
) -> Iterator[Forked]:
    """Runs `main` of a module; its environment holds nothing but `environ`."""
    command = Forked(module, arguments, environ, output)
    try:
        yield command
    finally:
        command.stop()


def _run(module: str, arguments: tuple[str, ...], environ: dict[str, str], output: Path) -> None:
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(output.parent)  # away from the .env of whoever runs the tests
    with output.open("w", buffering=1) as stream:
        sys.stdout = sys.stderr = stream
        status = importlib.import_module(module).main(list(arguments))
    os._exit(status)
