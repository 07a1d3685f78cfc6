"""Processes of `create_event`, each behind lines of its own."""

import os
import signal
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from tests.campaign.firestore import FirestoreProxy
from tests.simulation.schedule import Schedule
from tests.support.line import Line
from tests.support.served import serving

_SETTINGS = {
    "CREATE_BUDGET_SECONDS": Schedule.budget,
    "CREATE_LEASE_SECONDS": Schedule.lease,
    "THREADS": 10,
}


class Instance:
    """A process that serves the function packaged in `source` at `address`. `lines` are those to
    Google and to Firestore, `store` is what the latter leads to."""

    def __init__(
        self, source: Path, emulator: str, google_url: str, logs: Path, **settings: object
    ) -> None:
        self.store = FirestoreProxy(emulator)
        google = Line(google_url.removeprefix("http://"))
        self.lines = {"google": google, "firestore": Line(self.store.address)}
        self._source, self._logs, self._settings = source, logs, {**_SETTINGS, **settings}
        self._running = ExitStack()
        self._start()

    def _start(self) -> None:
        log = self._logs / f"{self.store.address}-{time.monotonic_ns()}.log"
        google, firestore = (line.address for line in self.lines.values())
        served = self._running.enter_context(
            serving(self._source, firestore, f"http://{google}", log, self._settings)
        )
        self.address, self._master = served.address, served.process
        self._is_terminated = False

    def signal(self, number: int) -> None:
        """To the process that serves requests, the newest child of the framework's master but for
        the shell that guards it. When it ends, the master starts another, which knows nothing."""
        master = self._master.pid
        with suppress(OSError):
            children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
            names = {child: Path(f"/proc/{child}/comm").read_text() for child in children}
            for worker in [int(child) for child, name in names.items() if name != "sh\n"][-1:]:
                os.kill(worker, number)

    def terminate(self) -> None:
        """As Cloud Run does; nobody serves until `settle`."""
        self._is_terminated = True
        self._master.terminate()

    def resume(self) -> None:
        """Undoes SIGSTOP and what was done to its lines."""
        for line in self.lines.values():
            line.restore()
        self.signal(signal.SIGCONT)

    def settle(self, *, afresh: bool = False) -> None:
        """Serves again, whatever was done to it; if need be, or `afresh`, in a new process."""
        self.resume()
        if self._is_terminated or afresh:
            self._running.close()
            self._start()

    def refresh(self) -> None:
        """Ready for another schedule. gRPC tries a refused connection again only after a pause
        that grows to minutes: whoever met that starts afresh."""
        self.settle(afresh=self.lines["firestore"].has_refused)
        self.lines["firestore"].has_refused = False

    def close(self) -> None:
        self.resume()
        self._running.close()
        for line in self.lines.values():
            line.close()
        self.store.close()
