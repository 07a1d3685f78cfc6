"""Variants of `create_event`, each broken in one way that the fault campaign must notice.

A variant is a copy of the package with some exact text replaced, schedules that bring the fault
to light, and the invariants that do so.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.fault_campaign.schedule import CallFault, Delivery, Edit, Schedule, Signal, When


@dataclass(frozen=True)
class Replacement:
    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Variant:
    """`environs` are settings by instance; `caught_by` the invariants that must be violated."""

    name: str
    replacements: tuple[Replacement, ...]
    schedule: Schedule
    caught_by: frozenset[str]
    environs: Mapping[int, Mapping[str, object]] = field(default_factory=dict)

    def write(self, package: Path, target: Path) -> Path:
        """A broken copy of the packaged function, in `target`; returns its directory."""
        source = target / "create_event"
        shutil.copytree(package, source)
        for replacement in self.replacements:
            file = source / replacement.file
            text = file.read_text()
            assert text.count(replacement.old) == 1, (
                f"{self.name}: {replacement.old!r} is not there once"
            )
            file.write_text(text.replace(replacement.old, replacement.new))
        return source


_INSERTS_OVERLAP = CallFault("insert", "accept_duplicate", times=2, details={"seconds": 0.5})
_TWO_AT_ONCE = (Delivery(0.0, 0), Delivery(0.0, 1), Delivery(0.2, 0), Delivery(0.2, 1))


def _after(call: str, nth: int = 1, moment: str = "answer") -> When:
    return When(call=call, nth=nth, moment=moment)


VARIANTS = (
    Variant(
        "no claim",
        (
            Replacement(
                "shared/claim.py",
                "        claim = cls(store, stored)\n",
                "        return cls(store, stored)\n",
            ),
            Replacement("shared/claim.py", "if now.claim_token != self.token:", "if False:"),
        ),
        Schedule(1, 2, _TWO_AT_ONCE, (_INSERTS_OVERLAP,)),
        frozenset({"no_overlapping_inserts", "one_invitation"}),
    ),
    Variant(
        "a random event id",
        (
            Replacement(
                "shared/calendar_event.py",
                'digest = hashlib.sha256(f"{class_name}#{generation}".encode()).digest()',
                'digest = __import__("os").urandom(32)',
            ),
        ),
        Schedule(2, 1, (Delivery(0.0, 0),), signals=(Signal("KILL", 0, _after("insert")),)),
        frozenset({"one_live_event"}),
    ),
    Variant(
        "the claim released when the outcome is unknown",
        (
            Replacement(
                "shared/booking.py", "keep_claim=writer.outcome_unknown", "keep_claim=False"
            ),
        ),
        Schedule(
            3,
            2,
            (Delivery(0.0, 0), Delivery(0.3, 1)),
            (CallFault("insert", "accept_duplicate", times=2, details={"seconds": 2.5}),),
        ),
        frozenset({"no_overlapping_inserts", "one_invitation"}),
    ),
    Variant(
        "a 200 before the record",
        (
            Replacement(
                "shared/booking.py",
                '    claim.finish(\n        {\n            "googleEventId"',
                '    (lambda *a: __import__("threading").Timer(0.3, claim.finish, a).start())(\n'
                '        {\n            "googleEventId"',
            ),
        ),
        Schedule(4, 1, (Delivery(0.0, 0),)),
        frozenset({"no_early_success"}),
    ),
    Variant(
        "a lease by the instance's clock, 60 s off",
        (
            Replacement(
                "shared/class_store.py",
                "read_time=snapshot.read_time,",
                'read_time=snapshot.read_time + __import__("datetime").timedelta('
                'seconds=float(__import__("os").environ.get("CLOCK_SKEW", 0))),',
            ),
        ),
        Schedule(
            5,
            2,
            (Delivery(0.0, 0), Delivery(1.4, 1)),  # the one that is off comes second
            (CallFault("insert", "accept_duplicate", times=2, details={"seconds": 3.0}),),
        ),
        frozenset({"no_overlapping_inserts", "no_live_claim_replaced"}),
        environs={1: {"CLOCK_SKEW": 60}},
    ),
    Variant(
        "an adopted event patched without its etag",
        (
            Replacement(
                "shared/google_calendar.py",
                'return self._send(request, deadline, etag=event["etag"])',
                "return self._send(request, deadline)",
            ),
        ),
        Schedule(
            6,
            1,
            (Delivery(0.0, 0),),
            (CallFault("patch", "late", details={"seconds": 8.0}),),
            edits=(Edit("move", _after("insert")), Edit("move", _after("record", 2, "request"))),
        ),
        frozenset({"event_matches"}),
    ),
    Variant(
        "the next generation taken without storing it",
        (
            Replacement(
                "shared/claim.py",
                '        self.write(\n            {"calendarGeneration": generation},',
                '        (lambda *_, **__: None)(\n            {"calendarGeneration": generation},',
            ),
        ),
        Schedule(
            7,
            1,
            (Delivery(0.0, 0),),
            signals=(Signal("KILL", 0, _after("insert")), Signal("KILL", 0, _after("insert", 3))),
            edits=(Edit("delete_event", _after("insert")), Edit("cancel", _after("insert", 3))),
        ),
        frozenset({"one_live_event"}),
    ),
    Variant(
        "no withdrawal of a cancelled class",
        (Replacement("shared/booking.py", "            writer.withdraw()\n", ""),),
        Schedule(8, 1, (Delivery(0.0, 0),), edits=(Edit("cancel", _after("insert")),)),
        frozenset({"one_live_event"}),
    ),
)
