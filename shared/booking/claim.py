"""The right to work on a class: a token with a lease on its document.

Only the holder writes, and every write is a compare-and-set. A commit whose answer was lost
may have landed, and repeating it then looks like somebody else's write; so a refusal is
believed only after reading whose token is there.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Self

from shared import clock
from shared.classes.document import StoredClass
from shared.classes.store import REMOVED, SERVER_TIME, ClassStore, Conflict
from shared.deadline import Deadline
from shared.errors import CalendarUnavailable, ServiceError

_JUST_NOW_SECONDS = 1.0


class ClaimLost(Exception):
    """Another delivery holds the claim, or has finished meanwhile: nothing may be written."""


class ClassChanged(Exception):
    """The claim is ours still, but the class is not what it was: look again and follow it."""


class Claim:
    """A class that is ours to work on, while its document bears our token."""

    def __init__(self, store: ClassStore, stored: StoredClass) -> None:
        self.stored = stored
        self.token = f"{random.getrandbits(128):032x}"
        self._store = store
        self._seen_at = 0.0
        self._is_given_up = False
        self._doubts: dict[str, str | None] = {}

    @classmethod
    def take(
        cls, store: ClassStore, stored: StoredClass, lease_seconds: float, deadline: Deadline
    ) -> Self:
        """Claims a class, if its document still is as it was read. Raises ClaimLost."""
        claim = cls(store, stored)
        expires_at = stored.read_time + timedelta(seconds=lease_seconds)
        claim.write(
            {"calendarClaim": {"token": claim.token, "expiresAt": expires_at}},
            deadline,
            landed=lambda now: now.claim_token == claim.token,
            retry_on_conflict=False,
        )
        return claim

    def confirm(self, deadline: Deadline) -> None:
        """To be called before each Calendar write: makes sure that the claim is ours and the
        class unchanged, by reading it again unless our own write has just shown it.

        Raises ClaimLost, ClassChanged.
        """
        if clock.monotonic() - self._seen_at > _JUST_NOW_SECONDS:
            self._look_again(deadline)
        self._seen_at = 0.0

    def doubt(self, event_id: str, etag: str | None) -> None:
        """Notes that a write may have taken effect, or still will: an insert, or a write to the
        event as it was when it had `etag`. Until that is settled the claim is not given up."""
        self._doubts[event_id] = etag

    def settle(self, event_id: str) -> None:
        """Notes that no write to an event is in doubt any more."""
        self._doubts.pop(event_id, None)

    def saw(self, event_id: str, etag: str | None) -> None:
        """Settles what a read of an event settles; `etag` is None if there is no such event. An
        insert is settled once its event is seen, another write once its etag no longer fits."""
        if self._doubts.get(event_id) != etag:
            self.settle(event_id)

    def is_in_doubt(self, event_id: str) -> bool:
        return event_id in self._doubts

    def raise_generation(self, deadline: Deadline) -> None:
        """Moves on to the next event id, on the document first. Raises ClaimLost, ClassChanged."""
        before, generation = self.stored.content, self.stored.generation + 1
        self.write(
            {"calendarGeneration": generation},
            deadline,
            landed=lambda now: now.claim_token == self.token and now.generation >= generation,
        )
        self.stored = replace(
            self.stored, data={**self.stored.data, "calendarGeneration": generation}
        )
        if self.stored.content != before:
            raise ClassChanged

    def finish(self, changes: Mapping[str, Any], deadline: Deadline) -> None:
        """Writes an outcome and gives up the claim in one step. Raises ClaimLost, ClassChanged,
        and CalendarUnavailable while a write to the Calendar is in doubt."""
        if self._doubts:
            raise CalendarUnavailable("the outcome of a write to the Calendar is unknown")
        self.write(
            {**changes, "calendarClaim": REMOVED},
            deadline,
            landed=lambda now: now.claim_token is None and _has(now, changes),
        )
        self._is_given_up = True

    def fail(self, error: ServiceError, deadline: Deadline) -> None:
        """Writes `calendarError`, if the claim is not given up yet, and gives it up unless a
        write to the Calendar is in doubt. Raises ClaimLost."""
        if self._is_given_up:
            return
        changes = {"calendarError": self.failure(error)}
        while True:
            try:
                if self._doubts:
                    self.write(changes, deadline, landed=lambda _: False)
                else:
                    self.finish(changes, deadline)
                return
            except ClassChanged:  # which is for the next delivery to follow
                continue

    def failure(self, error: ServiceError) -> dict[str, Any]:
        """What `calendarError` says of an error; our own words only."""
        since = self.stored.failing_since or SERVER_TIME
        return {"code": error.code, "message": error.cause, "at": SERVER_TIME, "since": since}

    def write(
        self,
        changes: Mapping[str, Any],
        deadline: Deadline,
        *,
        landed: Callable[[StoredClass], bool],
        retry_on_conflict: bool = True,
    ) -> None:
        """Compare-and-set. `landed` tells from the document whether this write is on it, for
        when a refusal may be the echo of our own write."""
        while True:
            try:
                self.stored = self._store.compare_and_set(self.stored, changes, deadline)
            except Conflict:
                now = self._store.read(self.stored, deadline)
                if not landed(now):
                    if not retry_on_conflict:
                        raise ClaimLost from None
                    self._look_again(deadline, now)
                    continue
                self.stored = now
            self._seen_at = clock.monotonic()
            return

    def _look_again(self, deadline: Deadline, now: StoredClass | None = None) -> None:
        now = now or self._store.read(self.stored, deadline)
        if now.claim_token != self.token:
            raise ClaimLost
        before, self.stored = self.stored, now
        if now.content != before.content:
            raise ClassChanged


def _has(stored: StoredClass, changes: Mapping[str, Any]) -> bool:
    """Whether the plain values of a write are on the document."""
    return all(
        stored.data.get(key) == value
        for key, value in changes.items()
        if isinstance(value, str | bool | int)
    )
