"""Cures what was found, beside live traffic: every finding is looked at again right before,
classes go through the code of create_event, and an event is deleted only while we hold the
claim on its class, with the etag it was read with."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from infra.commands.reconcile import findings, judgement
from infra.commands.reconcile.findings import Finding
from infra.commands.reconcile.survey import CALL_SECONDS, Records
from shared.booking.claim import Claim, ClaimLost, ClassChanged
from shared.booking.claimed_calendar import ClaimedCalendar
from shared.booking.flow import Booking
from shared.calendar.answers import EtagMismatch, EventGone, is_transient
from shared.calendar.event import Event
from shared.classes.document import ClassDocument
from shared.deadline import Budget, Deadline, retrying
from shared.errors import (
    Misconfigured,
    ReauthorizationRequired,
    ServiceError,
    StoreUnavailable,
)
from shared.settings import Settings

Delete = Callable[[Event, Deadline], None]

HOPELESS = (Misconfigured, ReauthorizationRequired, StoreUnavailable)
"""With these no other finding fares better."""


class State(StrEnum):
    """What became of a finding."""

    FOUND = "found"
    CURED = "cured"
    BUSY = "busy"
    LEFT = "left"


@dataclass(frozen=True)
class Outcome:
    """`reason` tells, in our own words, why it is left."""

    state: State
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.state}: {self.reason}" if self.reason else self.state


FOUND = Outcome(State.FOUND)
_CHANGED = "it has just been changed: run this again"
_BUSY = Outcome(State.BUSY, "somebody works on the class")


@dataclass(frozen=True)
class Repair:
    """What curing takes."""

    settings: Settings
    records: Records
    booking: Booking

    def cure(self, finding: Finding, by_name: bool = False) -> Outcome:
        """Cures a finding, if that is for us to do or asked for `by_name`. Raises the HOPELESS."""
        redriven = findings.REDRIVEN | (findings.BY_NAME if by_name else frozenset())
        try:
            if finding.kind in redriven:
                return self._redrive(finding, redriven)
            if finding.kind in findings.REMOVED:
                return self._remove(finding)
        except HOPELESS:
            raise
        except ServiceError as error:
            return Outcome(State.LEFT, f"{error.code}: {error.cause}")
        return FOUND

    def _redrive(self, finding: Finding, redriven: frozenset[findings.Kind]) -> Outcome:
        now = self.records.of_class(finding.class_id)
        if now is None or now.kind not in redriven:
            return self._left(finding, now)
        stored = self.records.class_now(finding.class_id)
        reason = ""
        try:
            if stored:
                budget = Budget(self.settings.create_budget_seconds)
                self.booking.bring_in_line(stored, budget, verify=True)
        except ServiceError as error:
            reason = f"{error.code}: {error.cause}"
        return self._left(finding, self.records.of_class(finding.class_id), reason)

    def _left(self, finding: Finding, now: Finding | None, reason: str = "") -> Outcome:
        if now:
            return Outcome(State.LEFT, reason or f"{now.kind}: {now.detail}".rstrip(": "))
        stored = self.records.class_now(finding.class_id)
        return _BUSY if stored and judgement.is_in_progress(stored) else Outcome(State.CURED)

    def _remove(self, finding: Finding) -> Outcome:
        stored = self.records.class_now(finding.class_id)
        deadline = Deadline(self.settings.create_budget_seconds)
        if stored is None:
            return self._delete(finding, None, deadline, self.records.calendar.delete)
        if judgement.is_in_progress(stored):
            return _BUSY
        try:
            lease_seconds = self.settings.create_lease_seconds
            claim = Claim.take(self.records.store, stored, lease_seconds, deadline)
            claimed = ClaimedCalendar(self.records.calendar, claim, deadline)
            try:
                return self._delete(finding, stored, deadline, lambda each, _: claimed.delete(each))
            finally:
                _give_up(claim)
        except ClaimLost:
            return _BUSY
        except ClassChanged:
            return Outcome(State.LEFT, _CHANGED)

    def _delete(
        self, finding: Finding, stored: ClassDocument | None, deadline: Deadline, delete: Delete
    ) -> Outcome:
        """Deletes the event, if it still is nobody's; `stored` is the class, if there is one."""
        event = self.records.event_now(finding.event_id or "")
        kind = self.records.kind_of(event, stored) if event else None
        if event is None or kind is None:
            return Outcome(State.CURED)
        if kind not in findings.REMOVED:
            return Outcome(State.LEFT, kind)
        try:
            retrying(lambda attempt: delete(event, attempt), deadline, is_transient)
        except (EtagMismatch, EventGone):
            if self.records.event_now(event["id"]):
                return Outcome(State.LEFT, _CHANGED)
        return Outcome(State.CURED)


def _give_up(claim: Claim) -> None:
    """Raises CalendarUnavailable while it is unknown whether the event is deleted: the claim then
    keeps others from the class until it expires."""
    while True:
        try:
            claim.finish({}, Deadline(CALL_SECONDS))
            return
        except ClassChanged:  # which is for the next delivery to follow
            continue
