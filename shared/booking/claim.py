"""The exclusive right to work on a class: a token with a lease on its document.

Only the holder writes, and every write is a compare-and-set. If a commit took effect but its
answer was lost, the retry is refused as if somebody else had written; so a refusal counts only
after reading the document again.
"""

import random
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Self

from shared import clock
from shared.booking.doubts import Doubts
from shared.classes import writes
from shared.classes.document import ClassDocument
from shared.classes.store import ClassStore
from shared.classes.writes import Changes
from shared.deadline import Deadline
from shared.errors import CalendarUnavailable, InvalidVirtualClass, ServiceError
from shared.google.firestore import Conflict

_JUST_NOW_SECONDS = 1.0
_NEVER = float("-inf")


class ClaimLost(Exception):
    """Another delivery holds the claim or has finished: nothing may be written."""


class ClassChanged(Exception):
    """The claim is still ours, but the class has changed: decide again."""


class Claim:
    """The claim on a class, ours while the document carries our token.

    It is not released while a write to the Calendar is in doubt (`doubts`).
    """

    def __init__(self, store: ClassStore, document: ClassDocument) -> None:
        self.document = document
        self._store = store
        self._token = f"{random.getrandbits(128):032x}"
        self._seen_at = _NEVER
        self.doubts = Doubts()

    @classmethod
    def take(
        cls,
        store: ClassStore,
        document: ClassDocument,
        lease_seconds: float,
        deadline: Deadline,
        guests: Iterable[str] = (),
    ) -> Self:
        """Claims a class if its document is still as it was read, and in the same write notes
        who may be invited (see `remember_guests`). Raises ClaimLost."""
        claim = cls(store, document)
        expires_at = document.read_time + timedelta(seconds=lease_seconds)
        claimed = writes.claimed(claim._token, expires_at)
        with suppress(ClassChanged):  # the claim is ours; the caller decides from the new state
            claim._write({**claimed, **claim._with_guests(guests)}, deadline)
        return claim

    def confirm(self, deadline: Deadline) -> None:
        """Checks before each Calendar write that the claim is ours and the class unchanged, by
        reading the document unless our own write has just shown it.

        Raises ClaimLost, ClassChanged.
        """
        if clock.monotonic() - self._seen_at > _JUST_NOW_SECONDS:
            self._look_again(self._store.read(self.document, deadline))
        self._seen_at = _NEVER

    def remember_guests(self, guests: Iterable[str], deadline: Deadline) -> None:
        """Notes on the document whom the next write may invite, so that a crash does not lose
        them. Raises ClaimLost, ClassChanged."""
        if changes := self._with_guests(guests):
            self._write(changes, deadline)

    def _with_guests(self, guests: Iterable[str]) -> Changes:
        known = self.document.invited or ()
        new = [address for address in guests if address not in known]
        return writes.invited([*known, *new]) if new else {}

    def raise_generation(self, deadline: Deadline) -> None:
        """Stores the next generation, and so the next event id. Raises ClaimLost, ClassChanged."""
        if self.document.generation is None:
            raise InvalidVirtualClass(details=["calendarGeneration must be a whole number"])
        self._write(writes.next_generation(self.document.generation + 1), deadline)

    def finish(self, outcome: Changes, deadline: Deadline) -> None:
        """Writes an outcome and releases the claim in one step.

        Raises ClaimLost, ClassChanged, and CalendarUnavailable while a write is in doubt.
        """
        if self.doubts:
            raise CalendarUnavailable("the outcome of a write to the Calendar is unknown")
        self._write({**outcome, **writes.RELEASED}, deadline)

    def fail(self, error: ServiceError, deadline: Deadline) -> None:
        """Writes a failure, and releases the claim unless a write is in doubt. Raises ClaimLost."""
        changes = writes.failed(error, self.document.failing_since)
        if not self.doubts:
            changes = {**changes, **writes.RELEASED}
        while True:
            try:
                return self._write(changes, deadline)
            except ClassChanged:  # the next delivery follows the change
                continue

    def _write(self, changes: Changes, deadline: Deadline) -> None:
        """Compare-and-set, repeated if somebody else wrote but left the claim ours.

        Raises ClaimLost, ClassChanged.
        """
        written = {**writes.held_by(self._token), **changes}
        while True:
            try:
                self.document = self._store.compare_and_set(self.document, changes, deadline)
            except Conflict:
                now = self._store.read(self.document, deadline)
                if not writes.is_on(now.data, written):
                    self._look_again(now)
                    continue
                # Our own write, whose answer was lost.
                before, self.document = self.document, now
                if now.claim_token == self._token and now.reading != before.reading:
                    raise ClassChanged from None
            self._seen_at = clock.monotonic()
            return

    def _look_again(self, now: ClassDocument) -> None:
        if now.claim_token != self._token:
            raise ClaimLost
        before, self.document = self.document, now
        if now.reading != before.reading:
            raise ClassChanged
