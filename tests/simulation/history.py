"""What happened in a schedule to one class."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from tests.simulation.observations import Attempt, Call, Document, Happening, State
from tests.simulation.schedule import SCHOOL_EDITS, Schedule


@dataclass
class History:
    """`quiet` is the state once nothing was under way any more, before anything was delivered
    only to heal it (`healing` attempts were made until then); `healed` is the one after, and
    `repaired` the one after the repair, where a write had outlasted its lease. `mails` are all
    that guests got of the class's events until it was healed. An answer may be `slack` seconds
    late.
    """

    schedule: Schedule
    class_id: str
    slack: float
    attempts: list[Attempt] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    mails: list[Document] = field(default_factory=list)
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
    def commits(self) -> list[tuple[float, Call]]:
        """Those that took effect, each with when it did, in that order. Not to be asked before
        all calls are in."""
        landed = [
            (call.effect_at, call)
            for call in self.calls
            if call.is_commit and call.effect_at is not None
        ]
        return sorted(landed, key=lambda commit: commit[0])

    def commits_until(self, at: float) -> list[Call]:
        return [call for effect_at, call in self.commits if effect_at <= at]

    @cached_property
    def has_outlasted_lease(self) -> bool:
        """Whether a write to the Calendar took effect after its sender's lease, on its way or
        because its sender slept. What Google does not refuse of that is for the next delivery,
        or for the repair."""
        return any(
            call.effect_at is not None and call.effect_at > self.lease_end(call)
            for call in self.calls
            if call.is_calendar_write
        )

    def lease_end(self, call: Call) -> float:
        """When the claim runs out under which a call was sent; never if there was none."""
        claims = [
            commit
            for commit in self.commits_until(call.sent_at)
            if commit.token and commit.delivery in (call.delivery, None)
        ]
        return claims[-1].expires_at if claims else float("inf")

    def takeovers(self) -> Iterator[tuple[Call, float]]:
        """Claims that another replaced though nobody had given them up, and when."""
        held: Call | None = None
        for effect_at, commit in self.commits:
            if commit.token:
                if held:
                    yield held, effect_at
                held = commit
            elif commit.gives_up_claim:
                held = None

    def seen_at(self, attempt: Attempt) -> float:
        """When a delivery saw the class last: when it wrote the outcome, or else when it looked.
        It began before, which is all that is known where calls do not tell whose they are."""
        own = [
            call
            for call in self.calls
            if call.delivery == attempt.number and call.effect_at is not None and call.is_of_store
        ]
        outcomes = [call for call in own if call.operation in ("record", "withdrawal")]
        looks = [call for call in own if call.outcome == "OK"]
        seen = [call.effect_at or 0.0 for call in outcomes or looks]
        return max(seen, default=attempt.started_at)
