"""What happened in a schedule."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.campaign.firestore_proxy import StoreCall
from tests.campaign.schedule import Schedule


@dataclass
class Attempt:
    """One post of the notice. `status` is None if it was not answered; `error` says why."""

    instance: int
    started_at: float
    ended_at: float = 0.0
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str = ""
    is_disturbed: bool = False

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def code(self) -> str:
        answer = self.json
        return str(answer.get("code", "ok")) if isinstance(answer, dict) else "?"

    @property
    def is_final(self) -> bool:
        """Whether it ends the sender's attempts: booked, or never to be."""
        return self.status == 200 or self.code == "class_not_bookable"


@dataclass(frozen=True)
class Happening:
    """What the campaign itself did, from `at` to `until`: a signal, an edit, or a fault of a line
    ("google cut")."""

    at: float
    until: float
    what: str
    instance: int | None = None
    subject: str = ""

    @property
    def is_of_line(self) -> bool:
        return " " in self.what


@dataclass
class History:
    """All times are of the monotonic clock; `wall_offset` added makes them wall clock times."""

    schedule: Schedule
    class_id: str
    started_at: float = 0.0
    wall_offset: float = 0.0
    attempts: list[Attempt] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    store: list[tuple[int, StoreCall]] = field(default_factory=list)
    google: list[dict[str, Any]] = field(default_factory=list)
    document: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    invitations: list[dict[str, Any]] = field(default_factory=list)

    def begin(self) -> None:
        """The clock starts now."""
        self.started_at = time.monotonic()
        self.wall_offset = time.time() - self.started_at

    def of(self, *kinds: str) -> list[Happening]:
        return [each for each in self.happenings if each.what in kinds]

    def seconds_of(self, attempt: Attempt) -> float:
        """How long an answer took, without the time that its instance was stopped."""
        stopped = sum(
            max(0.0, min(each.until, attempt.ended_at) - max(each.at, attempt.started_at))
            for each in self.of("STOP")
            if each.instance == attempt.instance
        )
        return attempt.ended_at - attempt.started_at - stopped

    @property
    def final(self) -> Attempt:
        """The delivery that was answered once all was quiet."""
        return self.attempts[-1]

    @property
    def live_events(self) -> list[dict[str, Any]]:
        return [event for event in self.events if event["status"] != "cancelled"]

    @property
    def commits(self) -> list[StoreCall]:
        """The commits that landed, in that order."""
        landed = [call for _, call in self.store if call.write and call.landed_at]
        return sorted(landed, key=lambda call: call.landed_at or 0.0)

    def takeovers(self) -> Iterator[tuple[StoreCall, StoreCall]]:
        """Claims that replaced another which nobody had given up: (the other, the claim)."""
        held: StoreCall | None = None
        for commit in self.commits:
            assert commit.write
            if commit.write.token:
                if held:
                    yield held, commit
                held = commit
            elif commit.write.gives_up_claim:
                held = None
