"""The exclusive right to work on a class: a token with a lease on its document.

Only the holder writes, and every write is a compare-and-set. Firestore also refuses a write that
took effect but whose answer was lost, so a refusal alone tells nothing: the document is read again,
and whoever finds its token there goes on from what it says.
"""

import random
from contextlib import suppress
from datetime import timedelta
from typing import Self

from shared import clock
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
    """We hold the claim no longer: nothing may be written. Another delivery holds it, or has
    finished, or we have and did not get the answer."""


class ClassChanged(Exception):
    """The claim is still ours, but the class has changed: decide again."""


class Claim:
    """The claim on a class, ours while the document carries our token.

    `doubts` are the writes to the Calendar that may have taken effect, or still may: by an event's
    id the etag it had when one was sent, None for an insert. The claim is not released while
    there is one.

    Methods raise ClaimLost, and ClassChanged unless they say otherwise. Outcomes may use the
    whole budget, everything else only its `work`.
    """

    def __init__(self, store: ClassStore, document: ClassDocument, budget: Budget) -> None:
        self.document = document
        self.budget = budget
        self.doubts: dict[str, str | None] = {}
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
        changes: Changes,
    ) -> Self:
        """Claims a class if its document is still as it was read, and writes `changes` with that.
        Does not raise ClassChanged."""
        claim = cls(store, document, budget)
        expires_at = document.read_time + timedelta(seconds=lease_seconds)
        with suppress(ClassChanged):  # since we took it, without getting the answer
            claim.write({**writes.claimed(claim._token, expires_at), **changes})
        return claim

    def confirm(self) -> None:
        """Checks before each Calendar write that the claim is ours and the class unchanged, by
        reading the document unless our own write has just shown it."""
        if clock.monotonic() - self._seen_at > _JUST_NOW_SECONDS:
            self._look_again(self.budget.work)
        self._seen_at = _NEVER

    def write(self, changes: Changes) -> None:
        """Writes what the next steps stand on, if there is anything to write."""
        if changes:
            self._write(changes, self.budget.work)

    def finish(self, outcome: Changes) -> None:
        """Writes an outcome and releases the claim in one step. Raises CalendarUnavailable while
        a write is in doubt."""
        if self.doubts:
            raise CalendarUnavailable("the outcome of a write to the Calendar is unknown")
        self._write({**outcome, **writes.RELEASED}, self.budget.whole)

    def give_up(self, changes: Changes) -> None:
        """Tries to write what is to be left on the class unless it is finished, whatever has
        changed on it, and to release the claim unless a write is in doubt; else it expires by
        itself. Raises nothing."""
        if not self.doubts:
            changes = {**changes, **writes.RELEASED}
        with suppress(ServiceError, ClaimLost):
            while self.document.claim_token == self._token:
                with suppress(ClassChanged):
                    self._write(changes, self.budget.whole)
                    return

    def _write(self, changes: Changes, deadline: Deadline) -> None:
        """Compare-and-set, repeated if somebody else wrote but left the claim and the class."""
        while True:
            try:
                self.document = self._store.compare_and_set(self.document, changes, deadline)
            except Conflict:
                self._look_again(deadline)
            else:
                self._seen_at = clock.monotonic()
                return

    def _look_again(self, deadline: Deadline) -> None:
        before, self.document = self.document, self._store.read(self.document.id, deadline)
        if self.document.claim_token != self._token:
            raise ClaimLost
        if self.document.reading != before.reading:
            raise ClassChanged
