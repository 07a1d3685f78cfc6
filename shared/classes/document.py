"""Reads a class's document: what the school wrote on it, and what booking did.

The fields that booking owns are read only here and written only by `writes`.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from shared.classes.virtual_class import Reading, read_class
from shared.errors import ServiceError
from shared.json_object import part


def event_id(class_name: str, generation: int) -> str:
    """The id of a class's event. A deleted event's id can never be used again, hence the
    generation. Google's ids use the lower-case base32hex alphabet."""
    digest = hashlib.sha256(f"{class_name}#{generation}".encode()).digest()
    return base64.b32hexencode(digest).decode().rstrip("=").lower()


@dataclass(frozen=True)
class ClassDocument:
    """A class's document as of `read_time`, by Firestore's clock. `name` is its full resource
    name; `version` changes with every write."""

    id: str
    name: str
    data: Mapping[str, Any]
    version: Any
    read_time: datetime

    @cached_property
    def reading(self) -> Reading:
        """What the school wrote; compares equal as long as the class has not changed."""
        return read_class(self.name, self.data)

    @property
    def event_id(self) -> str | None:
        """The id of the event recorded for the class."""
        value = self.data.get("googleEventId")
        return value if value and isinstance(value, str) else None

    @property
    def is_booked(self) -> bool:
        """Whether an event is recorded, with its Meet link or with null: there will be none."""
        link = self.data.get("meetLink", "")
        return self.event_id is not None and (link is None or bool(link))

    @property
    def fingerprint(self) -> str | None:
        """The fingerprint of the class when it was booked."""
        return self.data.get("calendarFingerprint")

    @property
    def student_invited(self) -> bool | None:
        return self.data.get("studentInvited")

    @property
    def invited(self) -> tuple[str, ...] | None:
        """Whom we invited, or may have; None on a class booked before that was noted."""
        value = self.data.get("invitedEmails", None if self.event_id else [])
        return tuple(map(str, value)) if isinstance(value, list) else None

    @property
    def generation(self) -> int | None:
        """How many events of this class were deleted; None if the field is invalid."""
        value = self.data.get("calendarGeneration", 0)
        is_good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        return value if is_good else None

    @property
    def derived_event_id(self) -> str:
        """The id for the class's event; empty if the generation is invalid."""
        return "" if self.generation is None else event_id(self.name, self.generation)

    @property
    def is_at_rest(self) -> bool:
        """Whether it carries neither claim nor failure. Either means that another delivery is
        working, or that the event may differ from the record."""
        return self.data.keys().isdisjoint({"calendarClaim", "calendarError"})

    @property
    def claim_token(self) -> Any:
        return part(self.data, "calendarClaim").get("token")

    @property
    def claim_expires_at(self) -> datetime | None:
        value = part(self.data, "calendarClaim").get("expiresAt")
        return value if isinstance(value, datetime) else None

    @property
    def claim_seconds_left(self) -> float:
        """Seconds until the lease expires; 0 if there is none or it has expired."""
        end = self.claim_expires_at
        return max((end - self.read_time).total_seconds(), 0.0) if end else 0.0

    @property
    def failure_code(self) -> str | None:
        """The code of the last delivery's failure; None if it did not fail."""
        code = part(self.data, "calendarError").get("code", "")
        return str(code) if "calendarError" in self.data else None

    @property
    def failing_since(self) -> datetime | None:
        """When the first of the current run of failures was recorded."""
        since = part(self.data, "calendarError").get("since")
        return since if isinstance(since, datetime) else None

    def has_failed_with(self, error: ServiceError) -> bool:
        """Whether exactly this failure is recorded and no claim is left."""
        failure = part(self.data, "calendarError")
        is_same = (failure.get("code"), failure.get("message")) == (error.code, error.cause)
        return is_same and "calendarClaim" not in self.data
