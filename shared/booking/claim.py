"""The exclusive right to work on a class: a token with a lease on its document.

Only the holder writes, and every write is a compare-and-set. If a commit took effect but its
answer was lost, the retry is refused as if somebody else had written; so a refusal counts only
after reading the document again.
"""

import random
from collections.abc import Iterable
from datetime import timedelta
from typing import Self

from shared import clock, log
from shared.classes import writes
from shared.classes.document import ClassDocument
from shared.classes.store import ClassStore
from shared.classes.writes import Changes
from shared.deadline import Budget, Deadline
from shared.errors import CalendarUnavailable, ServiceError
from shared.google.firestore import Conflict

_JUST_NOW_SECONDS = 1.0
_NEVER = float("-inf")


class ClaimLost(Exception):
    """Another delivery holds the claim or has finished: nothing may be written."""


class ClassChanged(Exception):
    """The claim is still ours, but the class has changed: decide again."""


class Claim:
    """The claim on a class, ours while the document carries our token.

    `doubts` are the writes to the Calendar that may have taken effect, or still may: by an event's
    id the etags it had when they were sent, None for an insert. The claim is not released while
    there is one.

    Methods raise ClaimLost, and ClassChanged unless they say otherwise. Outcomes may use the
    whole budget, everything else only its `work`.
    """

    def __init__(self, store: ClassStore, document: ClassDocument, budget: Budget) -> None:
        self.document = document
        self.budget = budget
        self.doubts: dict[str, set[str | None]] = {}
        self._store = store
        self._token = f"{random.getrandbits(128):032x}"
        self._seen_at = _NEVER

    @classmethod
    def take(
        cls,
        store: ClassStore,
        document: ClassDocument,
        lease_seconds: float,
        budget: Budget,
        guests: Iterable[str] = (),
    ) -> Self:
        """Claims a class if its document is still as it was read, and in the same write notes
        `guests` (see `note_guests`). Does not raise ClassChanged."""
        claim = cls(store, document, budget)
        expires_at = document.read_time + timedelta(seconds=lease_seconds)
        changes = {**writes.claimed(claim._token, expires_at), **claim._with_guests(guests)}
        claim._write(changes, budget.work, even_if_changed=True)
        return claim

    def confirm(self) -> None:
        """Checks before each Calendar write that the claim is ours and the class unchanged, by
        reading the document unless our own write has just shown it."""
        if clock.monotonic() - self._seen_at > _JUST_NOW_SECONDS:
            self._look_again(self._store.read(self.document.id, self.budget.work))
        self._seen_at = _NEVER

    def note_guests(self, guests: Iterable[str]) -> None:
        """Notes on the document whom we may invite, so that a crash does not lose them."""
        if changes := self._with_guests(guests):
            self._write(changes, self.budget.work)

    def _with_guests(self, guests: Iterable[str]) -> Changes:
        known = self.document.invited or ()
        new = [address for address in guests if address not in known]
        return writes.invited([*known, *new]) if new else {}

    def raise_generation(self) -> None:
        """Stores the next generation, and so the next event id."""
        generation = (self.document.generation or 0) + 1
        self._write(writes.next_generation(generation), self.budget.work)

    def finish(self, outcome: Changes, *, even_if_changed: bool = False) -> None:
        """Writes an outcome and releases the claim in one step. Raises CalendarUnavailable while
        a write is in doubt."""
        if self.doubts:
            raise CalendarUnavailable("the outcome of a write to the Calendar is unknown")
        changes = {**outcome, **writes.RELEASED}
        self._write(changes, self.budget.whole, even_if_changed=even_if_changed)

    def fail(self, error: ServiceError) -> None:
        """Tries to write a failure, and to release the claim unless a write is in doubt; else it
        expires by itself. Raises nothing."""
        changes = writes.failed(error, self.document.failing_since)
        if not self.doubts:
            changes = {**changes, **writes.RELEASED}
        try:
            self._write(changes, self.budget.whole, even_if_changed=True)
        except (ServiceError, ClaimLost):
            log.note(failureRecorded=False)

    def _write(self, changes: Changes, deadline: Deadline, even_if_changed: bool = False) -> None:
        """Compare-and-set, repeated if somebody else wrote but left the claim ours."""
        written = {**writes.held_by(self._token), **changes}
        while True:
            try:
                self.document = self._store.compare_and_set(self.document, changes, deadline)
            except Conflict:
                now = self._store.read(self.document.id, deadline)
                is_written = writes.is_on(now.data, written)  # only its answer was lost
                if not is_written or now.claim_token == self._token:
                    self._look_again(now, even_if_changed)
                if not is_written:
                    continue
            self._seen_at = clock.monotonic()
            return

    def _look_again(self, now: ClassDocument, even_if_changed: bool = False) -> None:
        if now.claim_token != self._token:
            raise ClaimLost
        before, self.document = self.document, now
        if now.reading != before.reading and not even_if_changed:
            raise ClassChanged
