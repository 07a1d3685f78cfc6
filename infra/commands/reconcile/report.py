"""Findings and outcomes as text and as JSON. Pure.

Only ids, times and our own words: no personal data of students."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from infra.commands.reconcile.findings import Cure, Finding, State
from infra.commands.reconcile.survey import Survey

_LEFT = (State.FOUND, State.LEFT)
_TITLES = {
    Cure.APPLY: "Cured by --apply",
    Cure.RECREATE: "Rebooked only by name (--recreate ID), since it may be intended",
    Cure.HAND: "For a human",
}


@dataclass
class Report:
    """Findings and outcomes, and the failure that ended the run, if any. The table shows times in
    `zone`."""

    survey: Survey = field(default_factory=Survey)
    failure: str = ""
    zone: ZoneInfo | None = None

    @property
    def left(self) -> int:
        return self._count(*_LEFT)

    @property
    def message(self) -> str:
        if self.failure and not self.survey.findings:
            return f"could not look: {self.failure}"
        counts = {
            "cured": self._count(State.CURED),
            "left": self.left,
            "being worked on": max(self.survey.in_progress, self._count(State.BUSY)),
        }
        parts = [f"{count} {what}" for what, count in counts.items() if count or what == "left"]
        if self.failure:
            parts.append(f"could not go on: {self.failure}")
        return ", ".join(parts)

    def json(self) -> str:
        """A line for each finding and one for the whole, which Cloud Logging parses as structured
        entries."""
        whole = {
            "severity": "ERROR" if self.left or self.failure else "INFO",
            "message": self.message,
            "inProgress": self.survey.in_progress,
            "left": self.left,
        }
        lines = [*map(_as_json, self.survey.findings), whole]
        return "\n".join(map(json.dumps, lines))

    def table(self) -> str:
        """For a terminal."""
        lines = []
        for cure, title in _TITLES.items():
            if found := [each for each in self.survey.findings if each.kind.cure is cure]:
                head = ("CLASS", "STARTS", "SINCE", "OUTCOME", "WHAT")
                lines += [title, *_aligned([head, *map(self._row, found)]), ""]
        return "\n".join([*lines, self.message])

    def _row(self, finding: Finding) -> tuple[str, ...]:
        times = self._shown(finding.start), self._shown(finding.since)
        return finding.class_id or "-", *times, str(finding.outcome), _what(finding)

    def _shown(self, moment: datetime | None) -> str:
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M") if moment else "-"

    def _count(self, *states: State) -> int:
        return sum(each.outcome.state in states for each in self.survey.findings)


def _what(finding: Finding) -> str:
    event = f"event {finding.event_id}" if finding.kind.of_event else ""
    return "; ".join(filter(None, (finding.kind.words, finding.detail, event)))


def _as_json(finding: Finding) -> dict[str, Any]:
    return {
        "severity": "ERROR" if finding.outcome.state in _LEFT else "INFO",
        "message": _what(finding),
        "kind": finding.kind,
        "classId": finding.class_id,
        "eventId": finding.event_id,
        "since": finding.since.isoformat() if finding.since else None,
        "start": finding.start.isoformat() if finding.start else None,
        "detail": finding.detail,
        "cure": finding.kind.cure,
        "outcome": finding.outcome.state,
        "reason": finding.outcome.reason,
    }


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()
