"""Processes of `create_event`, each behind lines of its own, and a pool of them."""

import asyncio
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.processes import wait_until
from tests.campaign.firestore_proxy import Line
from tests.campaign.schedule import BUDGET_SECONDS, LEASE_SECONDS
from tests.campaign.tcp_proxy import TcpProxy
from tests.support.served import Served, serving

THREADS = 10
_CALENDAR = "/calendar/v3/"
_CALENDAR_CALLS = {"POST": "insert", "GET": "get", "PATCH": "patch", "DELETE": "delete"}
_REQUEST_LINE = re.compile(rb"(POST|GET|PATCH|DELETE) (\S+) HTTP/1")

OnCall = Callable[[str, str], None]


def google_call(chunk: bytes) -> str | None:
    """The call to Google that a chunk begins: clients send a request once the last is answered."""
    match = _REQUEST_LINE.match(chunk)
    if match is None:
        return None
    method, path = match[1].decode(), match[2].decode()
    if path.startswith(_CALENDAR):
        return _CALENDAR_CALLS[method]
    return "token" if path == "/token" else "secret"


@dataclass(frozen=True)
class Deployed:
    """What an instance runs: a packaged function, and settings besides the campaign's own."""

    source: Path
    environ: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Services:
    """Where instances find what they need: addresses, the loop their lines run in, and the
    registers of whose connection a service has, by its port."""

    loop: asyncio.AbstractEventLoop
    firestore: str
    google: str
    logs: Path
    google_owners: dict[int, "Instance"]
    firestore_owners: dict[int, "Instance"]


class Instance:
    """A process of the function. Its OAuth client and its secret are its own, so that faults of
    the token endpoint and of Secret Manager can be planned for it."""

    def __init__(self, number: int, deployed: Deployed, services: Services) -> None:
        self.number = number
        self.client_id = f"client-{number}"
        self.secret = f"refresh-token-{number}"
        self.line = Line()
        self._source = deployed.source
        self._logs = services.logs
        self.google = TcpProxy(
            services.loop,
            services.google.removeprefix("http://"),
            on_connect=lambda port: services.google_owners.update({port: self}),
            on_call=lambda call, moment: self.line.on_call(call, moment),
            name_call=google_call,
        )
        self.firestore = TcpProxy(
            services.loop,
            services.firestore,
            on_connect=lambda port: services.firestore_owners.update({port: self}),
        )
        self._settings = {
            "CREATE_BUDGET_SECONDS": BUDGET_SECONDS,
            "CREATE_LEASE_SECONDS": LEASE_SECONDS,
            "THREADS": THREADS,
            "AUTH_GOOGLE_ID": self.client_id,
            "REFRESH_TOKEN_SECRET": self.secret,
            **deployed.environ,
        }
        self._running = ExitStack()
        self._restart: threading.Thread | None = None
        self._start()

    def use(self, on_call: OnCall) -> None:
        """Forgets the calls and faults so far; `on_call` is told of the calls to come."""
        self.line.on_call, self.line.calls, self.line.faults = on_call, [], []

    @property
    def address(self) -> str:
        return self._served.address

    def kill(self) -> bool:
        """SIGKILL to the process that serves requests; the framework's master starts another,
        which knows nothing. False if there was none."""
        return self._signal(signal.SIGKILL)

    def stop(self) -> bool:
        return self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def terminate(self) -> bool:
        """SIGTERM as Cloud Run sends it; once the instance has ended, a new one is started. False
        if that is under way already."""
        if self._restart:
            return False
        self._served.process.terminate()
        self._restart = threading.Thread(target=self._start_again)
        self._restart.start()
        return True

    def restart_cold(self) -> None:
        """As right after a start: nothing is connected, no token is known."""
        before = self._worker()
        self.kill()
        wait_until(lambda: self._worker() not in (None, before), 10)

    def settle(self) -> None:
        """Undoes everything; waits until it serves."""
        self.google.restore()
        self.firestore.restore()
        self.resume()
        if self._restart:
            self._restart.join()
            self._restart = None
        elif self._served.process.poll() is not None:
            self._start_again()

    def refresh(self) -> None:
        """Ready for another schedule. gRPC tries a refused connection again only after a pause
        that grows to minutes: whoever met that starts afresh."""
        self.settle()
        if self.firestore.has_refused:
            self.firestore.has_refused = False
            self.restart_cold()

    def close(self) -> None:
        self.settle()
        self._running.close()
        self.google.close()
        self.firestore.close()

    def _start(self) -> None:
        log = self._logs / f"instance-{self.number}-{time.monotonic_ns()}.log"
        self._served: Served = self._running.enter_context(
            serving(
                self._source,
                self.firestore.address,
                f"http://{self.google.address}",
                log,
                self._settings,
            )
        )

    def _start_again(self) -> None:
        wait_until(lambda: self._served.process.poll() is not None, BUDGET_SECONDS + 10)
        self._running.close()
        self._start()

    def _signal(self, number: signal.Signals) -> bool:
        worker = self._worker()
        if worker is None:
            return False
        try:
            os.kill(worker, number)
        except ProcessLookupError:
            return False
        return True

    def _worker(self) -> int | None:
        """The process, a child of the framework's master, that serves requests."""
        master = self._served.process.pid
        children = [pid for pid, parent, name in _processes() if parent == master and name != "sh"]
        return children[0] if children else None


def _processes() -> Iterator[tuple[int, int, str]]:
    """Process id, parent and name of every process."""
    for directory in Path("/proc").iterdir():
        if directory.name.isdecimal():
            try:
                text = (directory / "stat").read_text()
            except OSError:
                continue  # ended meanwhile
            head, _, rest = text.rpartition(")")
            name = head.partition("(")[2]
            state, parent = rest.split()[:2]
            if state != "Z":
                yield int(directory.name), int(parent), name


class Pool:
    """Instances that are lent to one schedule at a time."""

    def __init__(self, instances: Sequence[Instance]) -> None:
        self._free = list(instances)
        self._turn = threading.Lock()
        self._changed = threading.Condition()

    @contextmanager
    def lend(self, number: int) -> Iterator[list[Instance]]:
        """As many instances as asked for, all at once, first come, first served."""
        with self._turn, self._changed:
            self._changed.wait_for(lambda: len(self._free) >= number)
            lent, self._free = self._free[:number], self._free[number:]
        try:
            yield lent
        finally:
            for instance in lent:
                instance.refresh()
            with self._changed:
                self._free += lent
                self._changed.notify_all()
