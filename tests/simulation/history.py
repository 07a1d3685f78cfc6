"""What happened in a schedule. All times are seconds since the epoch of its stage."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from google.cloud import firestore

from tests.simulation.schedule import COMMITS, STORE_CALLS, Document, Schedule, Step

NEVER = float("inf")
_WRITTEN_WITH = {
    "calendarGeneration": "generation", "status": "record", "googleEventId": "withdrawal",
}  # fmt: skip
"""What a commit writes, by a field of it: the first that it has."""


@dataclass
class Attempt:
    """One post of the notice. `status` is None if it was not answered; `code` then says why.
    `clock_at` and `seconds` are by the instance's own clock."""

    number: int
    instance: int
    started_at: float
    ended_at: float = NEVER
    status: int | None = None
    code: str = ""
    cause: str = ""
    clock_at: float = NEVER
    seconds: float = 0.0

    @property
    def is_final(self) -> bool:
        """Whether it ends the sender's attempts: booked, or never to be."""
        return self.status == 200 or self.code == "class_not_bookable"


@dataclass(frozen=True)
class State:
    """What there is of a class at a moment."""

    at: float
    document: Document
    events: list[Document]

    @property
    def live_events(self) -> list[Document]:
        return [event for event in self.events if event["status"] != "cancelled"]

    @property
    def is_cancelled(self) -> bool:
        return bool(self.document["status"] == "cancelled")

    @property
    def is_at_rest(self) -> bool:
        return self.document.keys().isdisjoint({"calendarClaim", "calendarError"})

    @property
    def guests(self) -> set[str]:
        """Whom the class names."""
        return {self.document["studentEmail"], *self.document["participantEmails"]}

    @property
    def content(self) -> list[Any]:
        """What an event is made from, as far as schedules change it."""
        times = [self.document["startTime"], self.document["endTime"]]
        return [*times, self.guests, self.is_cancelled]


@dataclass
class Call:
    """A call of an instance to Google or to Firestore, about `subject`: an event, a class, a
    preference.

    `delivery` is None where nobody can tell whose it is. `guests` are an insert's; `token_seen` is
    the claim's on a class that was read. A commit may write a claim (`token`, `expires_at`) or give
    one up, and write a `generation`; `state` is what there was the moment that a record or a
    withdrawal was written.
    """

    operation: str
    subject: str = ""
    instance: int = 0
    delivery: int | None = None
    sent_at: float = 0.0
    clock_at: float = 0.0
    effect_at: float = NEVER
    ended_at: float = NEVER
    outcome: str = ""
    fault: str = ""
    guests: list[str] = field(default_factory=list)
    token_seen: str | None = None
    token: str | None = None
    expires_at: float = NEVER
    gives_up_claim: bool = False
    generation: int | None = None
    state: State | None = None

    @classmethod
    def commit(cls, class_id: str, changes: Document, epoch: datetime) -> Self:
        """A claim's holder writes `changes`. `epoch` is by Firestore's clock."""
        written = [what for name, what in _WRITTEN_WITH.items() if name in changes]
        claim = changes.get("calendarClaim")
        call = cls([*written, "failure"][0], class_id)
        call.generation = changes.get("calendarGeneration")
        call.gives_up_claim = claim is firestore.DELETE_FIELD
        if isinstance(claim, dict):
            call.operation, call.token = "claim", claim["token"]
            call.expires_at = (claim["expiresAt"] - epoch).total_seconds()
        return call

    @property
    def is_calendar_write(self) -> bool:
        return self.operation in ("insert", "patch", "delete")


@dataclass
class History:
    """What happened to one class. `happenings` are steps as they were taken.

    `quiet` is the state once nothing was under way any more, before anything was delivered only to
    heal it; `healed` is the one after, and `repaired` the one after the scheduled repair, where it
    came before that or a write had outlasted its lease. `mails` are all that guests got until it
    was healed. Unless it `is_exact`, times are a busy machine's, and nobody can tell which delivery
    made a call.
    """

    schedule: Schedule
    class_id: str
    is_exact: bool
    attempts: list[Attempt] = field(default_factory=list)
    happenings: list[Step] = field(default_factory=list)
    repaired: State | None = None
    found_by_repair: list[tuple[str, str]] = field(default_factory=list)
    quiet: State = field(init=False)
    healed: State = field(init=False)
    calls: list[Call] = field(init=False)
    mails: list[Document] = field(init=False)

    def of(self, *kinds: str) -> list[Step]:
        return [each for each in self.happenings if each.kind in kinds]

    def instances_of(self, *kinds: str) -> set[int | None]:
        return {each.instance for each in self.of(*kinds)}

    @cached_property
    def commits(self) -> list[Call]:
        """Those that took effect, in that order."""
        commits = [each for each in self.calls if each.operation in COMMITS]
        landed = [each for each in commits if each.effect_at < NEVER]
        return sorted(landed, key=lambda commit: commit.effect_at)

    def commits_until(self, at: float) -> list[Call]:
        return [commit for commit in self.commits if commit.effect_at <= at]

    @cached_property
    def overdue(self) -> set[float]:
        """When writes to the Calendar took effect after their sender's lease, on their way or
        because it slept. What Google does not refuse of that is for the next delivery, or for
        the repair."""
        writes = [call for call in self.calls if call.is_calendar_write]
        return {call.effect_at for call in writes if self.lease_end(call) < call.effect_at < NEVER}

    def lease_end(self, call: Call) -> float:
        """When the claim runs out under which a call was sent; never if there was none."""
        for commit in reversed(self.commits_until(call.sent_at)):
            if commit.token and commit.delivery in (call.delivery, None):
                return commit.expires_at
        return NEVER

    def takeovers(self) -> Iterator[tuple[Call, Call]]:
        """Claims that replaced another which nobody had given up: (the other, the claim)."""
        held: Call | None = None
        for commit in self.commits:
            if commit.token:
                if held and held.token != commit.token:  # else written again, its answer was lost
                    yield held, commit
                held = commit
            elif commit.gives_up_claim:
                held = None

    def seen_at(self, attempt: Attempt) -> float:
        """When a delivery saw the class last: when it wrote the outcome, or else when it looked.
        It began before, which is all that is known where calls do not tell whose they are."""
        own = [call for call in self.calls if call.delivery == attempt.number]
        landed = [c for c in own if c.operation in STORE_CALLS and c.effect_at < NEVER]
        outcomes = [call for call in landed if call.operation in ("record", "withdrawal")]
        looks = [call for call in landed if call.outcome == "OK"]
        return max((call.effect_at for call in outcomes or looks), default=attempt.started_at)
