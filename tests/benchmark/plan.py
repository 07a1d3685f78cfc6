"""What is measured, and under which conditions."""

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from infra.local.google.defaults import REFRESH_TOKEN
from infra.local.stack import ROOT
from tests.benchmark.school import LISTED

_HERE = Path(__file__).parent
CALLERS = 16
"""The number of connections that is compared."""
HELD = 20
"""The number of classes that are held, among however many."""
RENEWED_AFTER = 2
"""Seconds for which a listing is kept whose renewal is watched: longer than that takes."""
WITH_HOLDS = "list_events, holds"


@dataclass(frozen=True)
class Subject:
    """A function to measure, `target` in the file `source`, with as many threads as deploy.sh
    gives it; or a server in Node. `books` tells whether it books a class or lists the events."""

    name: str
    source: Path
    target: str
    books: bool = False
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def threads(self) -> int:
        return 16 if self.books else 64

    def command(self, address: str) -> list[str]:
        """Serves it at "host:port"."""
        host, port = address.split(":")
        if self.source.suffix == ".mjs":
            return ["node", str(self.source), host, port]
        framework = [sys.executable, "-P", "-m", "functions_framework", "--target", self.target]
        return [*framework, "--source", str(self.source), "--host", host, "--port", port]


@dataclass(frozen=True)
class Step:
    """One measurement, on an instance of its own: with so many `events` in the window and
    `classes` in the database, and a Google that takes so long for each call, `later_ms` once the
    first request was answered. `of` is what varies in its part; `seconds` how long each load lasts,
    if not as long as the plan says."""

    part: str
    of: int
    subject: Subject
    callers: Sequence[int]
    events: int = 10
    classes: int = 0
    latency_ms: int = 0
    later_ms: int = 0
    seconds: int = 0
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """How often, and how long each load lasts: until it is over, or `most` requests are answered
    if that is not 0."""

    rounds: int = 3
    seconds: int = 1
    most: int = 0
    callers: Sequence[int] = (1, CALLERS)
    events: Sequence[int] = (10, 1_000, 10_000)
    classes: Sequence[int] = (20, 1_000, 10_000)
    latencies_ms: Sequence[int] = (50,)
    troubles_ms: Sequence[int] = (3_000, 60_000)
    watched_seconds: int = 5


QUICK = Plan(
    rounds=1,
    most=100,
    callers=(CALLERS,),
    events=(10,),
    classes=(20,),
    troubles_ms=(60_000,),
    watched_seconds=1,
)
"""Shows that the benchmark works; its figures say nothing."""


def packaged(package: Path, revision: str = "") -> list[Subject]:
    """Both functions of a package, named after its revision if that is not the one at hand; the
    listing once more with holds."""
    suffix = f" {revision}" if revision else ""
    lists = Subject(f"list_events{suffix}", package / "list_events" / "main.py", "list_events")
    return [
        lists,
        replace(lists, name=f"{WITH_HOLDS}{suffix}", environ={"HOLD_MAX_MINUTES": "30"}),
        Subject(
            f"create_event{suffix}", package / "create_event" / "main.py", "create_event", True
        ),
    ]


def references() -> list[Subject]:
    """What ours are compared with: nothing at all, the way quickstarts do it and, where Node is
    installed, the way a small Node service does."""
    path = {"PYTHONPATH": str(ROOT)}
    source = _HERE / "quickstart"
    token = {"REFRESH_TOKEN": REFRESH_TOKEN}
    node = Subject("Node list", _HERE / "node" / "list_events.mjs", "", environ=token)
    return [
        Subject("floor", _HERE / "floor.py", "floor"),
        *([node] if shutil.which("node") else []),
        Subject("quickstart list", source / "list_events.py", "list_events", environ=path),
        Subject("quickstart create", source / "create_event.py", "create_event", True, path),
    ]


def steps(plan: Plan, subjects: Sequence[Subject]) -> Iterator[Step]:
    """Everything that a round measures."""
    named = {subject.name: subject for subject in subjects}
    for subject in subjects:
        yield Step("whole", 0, subject, plan.callers)
    lists = named["list_events"]
    kept = {"EVENTS_CACHE_SECONDS": "1"}
    watched = {"EVENTS_CACHE_SECONDS": str(RENEWED_AFTER)}
    for ms in plan.latencies_ms:
        for name in ("list_events", "quickstart list", "create_event", "quickstart create"):
            unkept = {"EVENTS_CACHE_SECONDS": "0"}
            yield Step("latency", ms, named[name], [1], latency_ms=ms, environ=unkept)
    for count in plan.events:
        as_many_bytes = {"BODY_BYTES": str(count * len(LISTED))}
        # The quickstart has one caller: many would wait for minutes.
        for name, callers in (("floor", CALLERS), ("list_events", CALLERS), ("quickstart list", 1)):
            yield Step("events", count, named[name], [callers], count, environ=as_many_bytes)
    most = plan.events[-1]
    yield Step("renewing", most, lists, [], most, environ=watched)
    for ms in plan.troubles_ms:
        seconds = plan.watched_seconds
        yield Step("trouble", ms, lists, [CALLERS], later_ms=ms, seconds=seconds, environ=kept)
    for count in plan.classes:
        holds = named[WITH_HOLDS]
        yield Step("classes", count, holds, [CALLERS], classes=count, environ=kept)
