"""What is observed of a schedule. All times are seconds since it began."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from google.cloud import firestore

from tests.simulation.schedule import COMMITS, STORE_CALLS

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

    `effect_at` is None if it had none; `delivery` where nobody can tell whose it is. `guests` are
    an insert's; `token_seen` is the claim's on a class that was read. A commit may write a claim
    (`token`, `expires_at`) or give one up, and write a `generation`; `state` is what there was the
    moment that a record or a withdrawal was written.
    """

    operation: str
    subject: str
    instance: int = 0
    delivery: int | None = None
    sent_at: float = 0.0
    clock_at: float = 0.0
    effect_at: float | None = None
    ended_at: float | None = None
    outcome: str = ""
    fault: str | None = None
    guests: list[str] = field(default_factory=list)
    token_seen: str | None = None
    token: str | None = None
    expires_at: float = 0.0
    gives_up_claim: bool = False
    generation: int | None = None
    state: State | None = None

    @classmethod
    def commit(cls, class_id: str, changes: Document, epoch: datetime) -> Self:
        """A claim's holder writes `changes`. The schedule began at `epoch`, by Firestore's
        clock."""
        call = cls(_written(changes), class_id, generation=changes.get("calendarGeneration"))
        claim = changes.get("calendarClaim")
        if isinstance(claim, dict):
            call.token = claim["token"]
            call.expires_at = (claim["expiresAt"] - epoch).total_seconds()
        call.gives_up_claim = claim is firestore.DELETE_FIELD
        return call

    @property
    def is_commit(self) -> bool:
        return self.operation in COMMITS

    @property
    def is_of_store(self) -> bool:
        return self.operation in STORE_CALLS

    @property
    def is_calendar_write(self) -> bool:
        return self.operation in ("insert", "patch", "delete")


def _written(changes: Document) -> str:
    if isinstance(changes.get("calendarClaim"), dict):
        return "claim"
    if "calendarGeneration" in changes:
        return "generation"
    if "status" in changes:
        return "record"
    return "withdrawal" if "googleEventId" in changes else "failure"


@dataclass(frozen=True)
class Happening:
    """What the schedule itself did at a moment, and for how long: a signal, an edit, a fault of a
    line. `subject` is the event that was edited by hand."""

    at: float
    what: str
    seconds: float = 0.0
    instance: int | None = None
    subject: str = ""
