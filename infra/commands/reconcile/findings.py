"""The kinds of findings, who repairs them, and their outcome. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self


class Cure(StrEnum):
    APPLY = "apply"
    RECREATE = "recreate"
    HAND = "hand"


class Kind(StrEnum):
    """What is wrong with a class or, if `of_event`, with an event that is not its class's own.
    `words` is the text for people."""

    cure: Cure
    words: str
    of_event: bool

    def __new__(cls, value: str, cure: Cure, words: str, of_event: bool = False) -> Self:
        kind = str.__new__(cls, value)
        kind._value_, kind.cure, kind.words, kind.of_event = value, cure, words, of_event
        return kind

    FAILED = "failed", Cure.APPLY, "the last delivery failed"
    ABANDONED = "abandoned", Cure.APPLY, "a delivery ended without a result"
    UNRECORDED = "unrecorded", Cure.APPLY, "its event exists but is not recorded"
    CHANGED = "changed", Cure.APPLY, "changed since it was booked"
    WRONG_TIME = "wrong_time", Cure.APPLY, "its event is at another time"
    NO_MEET_LINK = "no_meet_link", Cure.APPLY, "no Meet link yet"
    NOT_INVITED = "not_invited", Cure.APPLY, "the student is not invited"
    GUESTS_NOT_NOTED = "guests_not_noted", Cure.APPLY, "its invited guests are not recorded yet"
    CANCELLED = "cancelled", Cure.APPLY, "cancelled, but not withdrawn"
    INVALID = "invalid", Cure.HAND, "invalid: correct the class"
    MISSED = "missed", Cure.HAND, "paid for, never booked, now over: refund it, then cancel it"
    OVER = "over", Cure.APPLY, "over for a week, with a claim or a failure left on it"
    DOUBLE_BOOKED = "double_booked", Cure.HAND, "its hours are taken twice: refund it or move it"
    # Possibly intended, so rebooked only if named.
    EVENT_DELETED = "event_deleted", Cure.RECREATE, "somebody deleted its event"
    COPIED = "copied", Cure.RECREATE, "has the event of another class"

    CLASS_CANCELLED = "class_cancelled", Cure.APPLY, "an event of a cancelled class", True
    CLASS_GONE = "class_gone", Cure.APPLY, "an event whose class is gone", True
    DUPLICATE = "duplicate", Cure.APPLY, "a second event of the class", True
    OTHER_ID = "other_id", Cure.HAND, "not the recorded event, which is gone", True
    FOREIGN = "foreign", Cure.HAND, "an event of no class here: another project's?", True


class State(StrEnum):
    """The outcome of a finding."""

    FOUND = "found"
    CURED = "cured"
    BUSY = "busy"
    LEFT = "left"


@dataclass(frozen=True)
class Outcome:
    """`reason` says, in our own words, why it is left."""

    state: State
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.state}: {self.reason}" if self.reason else self.state


@dataclass(kw_only=True)
class Finding:
    """Something to repair. `since` is when it was last worked on or written, as far as known."""

    kind: Kind
    class_id: str
    event_id: str | None = None
    since: datetime | None = None
    start: datetime | None = None
    detail: str = ""
    outcome: Outcome = Outcome(State.FOUND)
