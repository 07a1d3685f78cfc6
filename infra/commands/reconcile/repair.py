"""Repairs findings beside live traffic: each is checked again first, classes go through the code
of create_event, and an event is deleted only with its etag and while we hold the claim on its
class."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from infra.commands.reconcile import judgement
from infra.commands.reconcile.findings import Cure, Finding, Kind, Outcome, State
from infra.commands.reconcile.records import CALL_SECONDS, Records
from shared.booking.claim import Claim, ClaimLost, ClassChanged
from shared.booking.claimed_calendar import ClaimedCalendar
from shared.booking.flow import Booking
from shared.calendar.answers import ReadAgain, Unanswered
from shared.calendar.event import Event
from shared.classes.document import ClassDocument
from shared.deadline import Budget, Deadline, retrying
from shared.errors import (
    Misconfigured,
    ReauthorizationRequired,
    ServiceError,
    StoreUnavailable,
)
from shared.google.firestore import Conflict
from shared.settings import Settings

HOPELESS = (Misconfigured, ReauthorizationRequired, StoreUnavailable)
"""Errors that would make every other repair fail, too."""

_CHANGED = "it has just been changed: run this again"
_BUSY = Outcome(State.BUSY, "somebody is working on the class")
_CURED = Outcome(State.CURED)


@dataclass(frozen=True)
class Repair:
    """Repairs findings."""

    settings: Settings
    records: Records
    booking: Booking

    def cure(self, finding: Finding) -> Outcome:
        """Repairs a finding that --apply or --recreate covers. Raises HOPELESS errors."""
        try:
            return self._remove(finding) if finding.kind.of_event else self._redrive(finding)
        except HOPELESS:
            raise
        except ServiceError as error:
            return Outcome(State.LEFT, f"{error.code}: {error.cause}")

    def _redrive(self, finding: Finding) -> Outcome:
        reason = ""
        now = self.records.of_class(finding.class_id)
        if now and now.kind.cure in (Cure.APPLY, finding.kind.cure):
            reason = self._bring_in_line(finding.class_id, now.kind)
            now = self.records.of_class(finding.class_id)
        if now:
            return Outcome(State.LEFT, reason or f"{now.kind}: {now.detail}".rstrip(": "))
        document = self.records.class_now(finding.class_id)
        return _BUSY if document and judgement.is_in_progress(document) else _CURED

    def _bring_in_line(self, class_id: str, kind: Kind) -> str:
        """Returns why it failed, or an empty string."""
        document = self.records.class_now(class_id)
        changes = judgement.correction(document, kind) if document else {}
        try:
            if document and changes:
                self.records.store.compare_and_set(document, changes, Deadline(CALL_SECONDS))
            elif document and changes is None:
                self.booking.bring_in_line(document, self._budget(), verify=True)
        except Conflict:  # somebody has written since, so it has to be judged again
            return ""
        except ServiceError as error:
            return f"{error.code}: {error.cause}"
        return ""

    def _remove(self, finding: Finding) -> Outcome:
        document = self.records.class_now(finding.class_id)
        budget = self._budget()
        if document is None:
            return self._delete(finding, None, partial(self._delete_unclaimed, budget))
        if judgement.is_in_progress(document):
            return _BUSY
        try:
            lease_seconds = self.settings.create_lease_seconds
            claim = Claim.take(self.records.store, document, lease_seconds, budget, {})
            claimed = ClaimedCalendar(self.records.calendar, claim)
            try:
                return self._delete(finding, document, claimed.delete)
            finally:
                claim.finish({})
        except ClaimLost:
            return _BUSY
        except ClassChanged:
            claim.give_up({})  # the next delivery follows the change
            return Outcome(State.LEFT, _CHANGED)

    def _budget(self) -> Budget:
        return Budget(self.settings.create_budget_seconds)

    def _delete_unclaimed(self, budget: Budget, event: Event) -> None:
        delete = partial(self.records.calendar.delete, event)
        retrying(delete, budget.work, Unanswered)

    def _delete(
        self, finding: Finding, document: ClassDocument | None, delete: Callable[[Event], None]
    ) -> Outcome:
        """Deletes the event if it still belongs to no class; `document` is the class, if any."""
        event = self.records.event_now(finding.event_id or "")
        kind = self.records.kind_of(event, document) if event else None
        if event is None or kind is None:
            return _CURED
        if kind.cure is not Cure.APPLY:
            return Outcome(State.LEFT, kind)
        try:
            delete(event)
        except ReadAgain:
            if self.records.event_now(event["id"]):
                return Outcome(State.LEFT, _CHANGED)
        return _CURED
