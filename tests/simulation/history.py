"""What happened in a schedule to one class. All times are seconds since it began."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.simulation.schedule import SCHOOL_EDITS, STORE_CALLS, Schedule

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
class State:
    """What there is of a class at a moment, quiet if nothing is under way then.
    `mails` are kind, event id and address of each."""

    at: float
    document: Document
    events: list[Document]
    mails: list[tuple[str, str, str]]
    is_quiet: bool

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


@dataclass(frozen=True)
class ClassWrite:
    """A commit on a class: token, expiry and generation that it writes, and whether it gives up
    a claim."""

    token: str | None
    expires_at: float
    gives_up_claim: bool
    generation: int | None = None


@dataclass
class Call:
    """A call of an instance to Google or to Firestore, about `subject`: an event, a class, a
    preference. `effect_at` is None if it had none. `state` is what there was the moment that a
    record or a withdrawal was written."""

    operation: str
    subject: str
    instance: int = 0
    delivery: int = 0
    sent_at: float = 0.0
    clock_at: float = 0.0
    effect_at: float | None = None
    ended_at: float | None = None
    outcome: str = ""
    fault: str | None = None
    write: ClassWrite | None = None
    token_seen: str | None = None
    state: State | None = None

    @property
    def is_of_store(self) -> bool:
        return self.operation in STORE_CALLS

    @property
    def is_calendar_write(self) -> bool:
        return self.operation in ("insert", "patch", "delete")


@dataclass(frozen=True)
class Commit:
    """A write on the class that took effect; see `Call` for `state`."""

    effect_at: float
    is_record: bool
    write: ClassWrite
    state: State | None


@dataclass(frozen=True)
class Happening:
    """What the schedule itself did, from `at` to `until`: a signal, an edit, a fault of a line.
    `state` is what there was right after an edit."""

    at: float
    until: float
    what: str
    instance: int | None = None
    subject: str = ""
    state: State | None = None


@dataclass
class History:
    """`quiet` is the state once nothing was under way any more, before anything was delivered
    only to heal it (`healing` attempts were made until then); `healed` is the one after, and
    `repaired` the one after the repair, where a write had outlasted its lease."""

    schedule: Schedule
    class_id: str
    attempts: list[Attempt] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    healing: int = 0
    quiet: State | None = None
    healed: State | None = None
    repaired: State | None = None
    found_by_repair: list[str] = field(default_factory=list)

    def of(self, *kinds: str) -> list[Happening]:
        return [each for each in self.happenings if each.what in kinds]

    @property
    def school_edits(self) -> list[Happening]:
        return self.of(*SCHOOL_EDITS)

    @property
    def suspended(self) -> set[int | None]:
        """The instances that were suspended for a while."""
        return {each.instance for each in self.of("STOP", "FREEZE")}

    @cached_property
    def commits(self) -> list[Commit]:
        """In the order in which they took effect. Not to be asked before all calls are in."""
        landed = [
            Commit(call.effect_at, call.operation == "record", call.write, call.state)
            for call in self.calls
            if call.write and call.effect_at is not None
        ]
        return sorted(landed, key=lambda commit: commit.effect_at)

    def commits_until(self, at: float) -> list[Commit]:
        return [commit for commit in self.commits if commit.effect_at <= at]

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
        claims = [commit.write for commit in self.commits_until(at) if commit.write.token]
        return claims[-1].expires_at if claims else float("inf")

    def takeovers(self) -> Iterator[tuple[ClassWrite, Commit]]:
        """Claims that replaced another which nobody had given up: (the other, the claim)."""
        held: ClassWrite | None = None
        for commit in self.commits:
            if commit.write.token:
                if held:
                    yield held, commit
                held = commit.write
            elif commit.write.gives_up_claim:
                held = None

    def seen_at(self, attempt: Attempt) -> float:
        """When a delivery saw the class last: when it wrote the outcome, or else when it looked."""
        own = [
            call
            for call in self.calls
            if call.delivery == attempt.number and call.effect_at is not None and call.is_of_store
        ]
        outcomes = [call for call in own if call.operation in ("record", "withdrawal")]
        looks = [call for call in own if call.outcome == "OK"]
        return max((call.effect_at or 0.0 for call in outcomes or looks), default=-2.0)
