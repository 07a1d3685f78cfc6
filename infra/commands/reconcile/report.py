"""Findings and what became of them, for a human and for a program. Pure.

Ids, times and our own words only: nothing of what a class says of its student."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from infra.commands.reconcile import findings
from infra.commands.reconcile.findings import Finding, Kind
from infra.commands.reconcile.repair import FOUND, Outcome, State
from infra.commands.reconcile.survey import Survey

_WORDS = {
    Kind.FAILED: "the last delivery failed",
    Kind.ABANDONED: "a delivery ended without a word",
    Kind.UNRECORDED: "its event stands but is not recorded",
    Kind.CHANGED: "changed since it was booked",
    Kind.WRONG_TIME: "its event stands at another time",
    Kind.NO_MEET_LINK: "no Meet link yet",
    Kind.NOT_INVITED: "the student is not invited",
    Kind.CANCELLED: "cancelled, but not withdrawn",
    Kind.INVALID: "invalid: correct the class",
    Kind.MISSED: "paid for, over and never booked: make it good, then cancel the class",
    Kind.EVENT_DELETED: "somebody deleted its event",
    Kind.COPIED: "bears the event of another class",
    Kind.CLASS_CANCELLED: "an event of a cancelled class",
    Kind.CLASS_GONE: "an event whose class is gone",
    Kind.DUPLICATE: "a second event of the class",
    Kind.OTHER_ID: "not the event the class is booked under, which does not stand",
    Kind.FOREIGN: "an event whose class was never here: another project's?",
}
_SECTIONS = {
    "apply": "Cured by --apply",
    "recreate": "Booked anew only by name (--recreate ID), since somebody may have meant it",
    "hand": "For a human",
}


@dataclass
class Report:
    """What was found, what became of it as far as anything was done, and why no more was.
    A terminal is shown times in `zone`."""

    survey: Survey = field(default_factory=Survey)
    outcomes: dict[Finding, Outcome] = field(default_factory=dict)
    failure: str = ""
    zone: ZoneInfo | None = None

    @property
    def left(self) -> int:
        return self._count(State.FOUND, State.LEFT)

    @property
    def message(self) -> str:
        if self.failure and not self.survey.findings:
            return f"could not look: {self.failure}"
        counts = {
            "cured": self._count(State.CURED),
            "left": self.left,
            "overlapping": len(self.survey.overlaps),
            "being worked on": max(self.survey.in_progress, self._count(State.BUSY)),
        }
        parts = [f"{count} {what}" for what, count in counts.items() if count or what == "left"]
        if self.failure:
            parts.append(f"could not go on: {self.failure}")
        return ", ".join(parts)

    def json(self) -> str:
        """One line, which Cloud Logging takes for a structured entry."""
        report = {
            "severity": "ERROR" if self.left or self.failure else "INFO",
            "message": self.message,
            "findings": [_as_json(each, self._outcome(each)) for each in self.survey.findings],
            "overlaps": [
                {"classIds": [earlier, later], "start": start.isoformat()}
                for earlier, later, start in self.survey.overlaps
            ],
            "inProgress": self.survey.in_progress,
            "left": self.left,
        }
        return json.dumps(report)

    def table(self) -> str:
        """For a terminal."""
        head = ("CLASS", "STARTS", "SINCE", "OUTCOME", "WHAT")
        lines = []
        for cure, title in _SECTIONS.items():
            found = [each for each in self.survey.findings if _cure(each) == cure]
            if found:
                rows = [self._row(each) for each in found]
                lines += [title, *_aligned([head, *rows]), ""]
        if overlaps := self.survey.overlaps:
            pairs = [(*ids, self._shown(start)) for *ids, start in overlaps]
            title = "Booked classes that overlap"
            lines += [title, *_aligned([("CLASS", "CLASS", "FROM"), *pairs]), ""]
        return "\n".join([*lines, self.message])

    def _row(self, finding: Finding) -> tuple[str, ...]:
        times = (self._shown(moment) for moment in (finding.start, finding.since))
        return finding.class_id or "-", *times, str(self._outcome(finding)), _what(finding)

    def _shown(self, moment: datetime | None) -> str:
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M") if moment else "-"

    def _outcome(self, finding: Finding) -> Outcome:
        return self.outcomes.get(finding, FOUND)

    def _count(self, *states: State) -> int:
        return sum(self._outcome(each).state in states for each in self.survey.findings)


def _cure(finding: Finding) -> str:
    if finding.kind in findings.REDRIVEN | findings.REMOVED:
        return "apply"
    return "recreate" if finding.kind in findings.BY_NAME else "hand"


def _what(finding: Finding) -> str:
    parts = [_WORDS[finding.kind], finding.detail]
    if finding.is_of_event:
        parts.append(f"event {finding.event_id}")
    return "; ".join(filter(None, parts))


def _as_json(finding: Finding, outcome: Outcome) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "classId": finding.class_id,
        "eventId": finding.event_id,
        "since": finding.since.isoformat() if finding.since else None,
        "start": finding.start.isoformat() if finding.start else None,
        "detail": finding.detail,
        "cure": _cure(finding),
        "outcome": outcome.state,
        "reason": outcome.reason,
    }


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()
