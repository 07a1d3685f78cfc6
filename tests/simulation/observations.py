"""What is observed of a schedule. All times are seconds since it began."""

from dataclasses import dataclass
from typing import Any

from tests.simulation.schedule import STORE_CALLS

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
    delivery: int
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
