"""What happened in a schedule to one class."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.simulation.schedule import STORE_CALLS, Schedule

Document = dict[str, Any]


@dataclass
class Attempt:
    """One post of the notice. `status` is None if it was not answered; `code` then says why.
    `clock_at` and `seconds` are by the instance's own clock."""

    number: int
    instance: int
    started_at: float
    ended_at: float | None = None
    status: int | None = None
    code: str = ""
    cause: str = ""
    clock_at: float = 0.0
    seconds: float = 0.0

    @property
    def is_final(self) -> bool:
        """Whether it ends the sender's attempts: booked, or never to be."""
        return self.status == 200 or self.code == "class_not_bookable"


@dataclass(frozen=True)
class ClassWrite:
    """A commit on a class: the claim's token and expiry (seconds of the schedule) that it
    writes, and whether it gives up a claim."""

    token: str | None
    expires_at: float
    gives_up_claim: bool
    generation: int | None = None


@dataclass
class Call:
    """A call of an instance to Google or to Firestore, about `subject`: an event, a class, a
    preference. `effect_at` is None if it had none."""

    operation: str
    subject: str
    instance: int = 0
    delivery: int = 0
    sent_at: float = 0.0
    effect_at: float | None = None
    ended_at: float | None = None
    outcome: str = ""
    fault: str | None = None
    write: ClassWrite | None = None
    token_seen: str | None = None
    clock_at: float = 0.0
    state: "State | None" = None
    """What there was the moment that a record or a withdrawal was written."""

    @property
    def is_of_store(self) -> bool:
        return self.operation in STORE_CALLS

    @property
    def is_calendar_write(self) -> bool:
        return self.operation in ("insert", "patch", "delete")


@dataclass(frozen=True)
class Happening:
    """What the schedule itself did, from `at` to `until`: a signal, an edit, a fault of a line.
    `content` is what the class said afterwards."""

    at: float
    until: float
    what: str
    instance: int | None = None
    subject: str = ""
    content: Any = None


@dataclass
class State:
    """What there is at a moment when nothing is under way."""

    at: float
    document: Document
    events: list[Document]
    mails: list[tuple[str, str, str]]
    """Kind, event id, address."""
    is_quiet: bool = True
    """Whether nothing is under way."""

    @property
    def live_events(self) -> list[Document]:
        return [event for event in self.events if event["status"] != "cancelled"]


@dataclass
class History:
    """`quiet` is the state once nothing was under way any more, before anything was delivered
    only to heal it; `healed` is the one after."""

    schedule: Schedule
    class_id: str
    attempts: list[Attempt] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    healing: int = 0
    """The number of attempts before any that was only to heal."""
    quiet: State | None = None
    healed: State | None = None
    repaired: State | None = None
    """After the repair, where a write had outlasted its lease."""
    found_by_repair: list[str] = field(default_factory=list)

    def of(self, *kinds: str) -> list[Happening]:
        return [each for each in self.happenings if each.what in kinds]

    @cached_property
    def commits(self) -> list[Call]:
        """The commits that took effect, in that order."""
        landed = [call for call in self.calls if call.write and call.effect_at is not None]
        return sorted(landed, key=lambda call: call.effect_at or 0.0)

    @cached_property
    def has_outlasted_lease(self) -> bool:
        """Whether a write to the Calendar took effect after the lease under which it was sent.
        What Google does not refuse of that is for the next delivery, or for the repair."""
        return any(
            call.effect_at is not None and call.effect_at > self.lease_end(call.sent_at)
            for call in self.calls
            if call.is_calendar_write
        )

    def lease_end(self, at: float) -> float:
        """When the claim runs out that was in force at a moment; never if there was none."""
        ends = [
            commit.write.expires_at
            for commit in self.commits
            if commit.write and commit.write.token and (commit.effect_at or 0.0) <= at
        ]
        return ends[-1] if ends else float("inf")

    def takeovers(self) -> Iterator[tuple[Call, Call]]:
        """Claims that replaced another which nobody had given up: (the other, the claim)."""
        held: Call | None = None
        for commit in self.commits:
            assert commit.write
            if commit.write.token:
                if held:
                    yield held, commit
                held = commit
            elif commit.write.gives_up_claim:
                held = None
