"""What can be left undone, and who may cure it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What is wrong; of a class, down to `copied`, or of an event that is not its class's."""

    FAILED = "failed"
    ABANDONED = "abandoned"
    UNRECORDED = "unrecorded"
    CHANGED = "changed"
    WRONG_TIME = "wrong_time"
    NO_MEET_LINK = "no_meet_link"
    NOT_INVITED = "not_invited"
    CANCELLED = "cancelled"
    INVALID = "invalid"
    MISSED = "missed"
    EVENT_DELETED = "event_deleted"
    COPIED = "copied"

    CLASS_CANCELLED = "class_cancelled"
    CLASS_GONE = "class_gone"
    DUPLICATE = "duplicate"
    OTHER_ID = "other_id"
    FOREIGN = "foreign"


REDRIVEN = frozenset(
    {
        Kind.FAILED,
        Kind.ABANDONED,
        Kind.UNRECORDED,
        Kind.CHANGED,
        Kind.WRONG_TIME,
        Kind.NO_MEET_LINK,
        Kind.NOT_INVITED,
        Kind.CANCELLED,
    }
)
"""Booked, corrected or withdrawn again by `--apply`."""
BY_NAME = frozenset({Kind.EVENT_DELETED, Kind.COPIED})
"""Booked anew by `--recreate` only: somebody may have meant it."""
REMOVED = frozenset({Kind.CLASS_CANCELLED, Kind.CLASS_GONE, Kind.DUPLICATE})
"""Events that `--apply` deletes."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something left. `since` is when it was last worked on or written, as far as is known."""

    kind: Kind
    class_id: str
    event_id: str | None = None
    since: datetime | None = None
    start: datetime | None = None
    detail: str = ""

    @property
    def is_of_event(self) -> bool:
        """Whether the event is what is wrong, and not the class."""
        return self.kind in REMOVED or self.kind in (Kind.OTHER_ID, Kind.FOREIGN)
