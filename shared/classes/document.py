"""A class's document, as Firestore holds it: what booking has written on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.errors import InvalidVirtualClass

_CONTENT = (
    "preferenceId", "startTime", "endTime", "classType", "studentEmail", "learningFocus",
    "maxParticipants", "status",
)  # fmt: skip
"""The fields an event is made from."""


@dataclass(frozen=True)
class StoredClass:
    """A class's document as it was read at `read_time`, Firestore's own clock."""

    reference: Any
    name: str
    data: Mapping[str, Any]
    update_time: Any
    read_time: datetime

    @property
    def content(self) -> list[Any]:
        return [self.data.get(key) for key in _CONTENT]

    @property
    def generation(self) -> int:
        """How many events of this class were deleted. Raises InvalidVirtualClass."""
        value = self.data.get("calendarGeneration", 0)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise InvalidVirtualClass(details=["calendarGeneration must be a whole number"])
        return value

    @property
    def event_id(self) -> str | None:
        """The id of the event that is recorded as the class's."""
        value = self.data.get("googleEventId")
        return value if value and isinstance(value, str) else None

    @property
    def claim_token(self) -> str | None:
        claim = self.data.get("calendarClaim")
        return claim.get("token") if isinstance(claim, dict) else None

    @property
    def claim_seconds_left(self) -> float:
        """Until the lease on the document runs out; 0 if there is none that runs."""
        claim = self.data.get("calendarClaim")
        expires_at = claim.get("expiresAt") if isinstance(claim, dict) else None
        if not isinstance(expires_at, datetime):
            return 0.0
        return max((expires_at - self.read_time).total_seconds(), 0.0)

    @property
    def failing_since(self) -> datetime | None:
        """When the first failure in a row was recorded."""
        error = self.data.get("calendarError")
        since = error.get("since") if isinstance(error, dict) else None
        return since if isinstance(since, datetime) else None
