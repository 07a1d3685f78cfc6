"""How the stand-in for Google behaves, changeable while it runs."""

from dataclasses import dataclass, field
from typing import Any, Self

from infra.local.google import defaults
from infra.local.stand_in.state import StandInSettings


@dataclass(frozen=True)
class MeetBehaviour:
    """What becomes of requests for a Meet link.

    `mode` (success, pending, failure, not_allowed) holds for the next `times` requests (-1: all). A
    pending one is made once it was read `reads` times while still pending or `seconds` have passed;
    with both None it stays pending.
    """

    mode: str = "success"
    times: int = -1
    reads: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class GoogleSettings(StandInSettings):
    """The README beside this module says what each means."""

    meet: MeetBehaviour = field(default_factory=MeetBehaviour)
    page_size: int | None = None
    empty_pages: list[int] = field(default_factory=list)
    refused_emails: list[str] = field(default_factory=list)
    access_role: str | None = None
    token_lifetime: int = 3599
    clients: dict[str, str] = field(
        default_factory=lambda: {defaults.CLIENT_ID: defaults.CLIENT_SECRET}
    )
    redirect_uris: list[str] = field(default_factory=lambda: [defaults.REDIRECT_URI])
    accounts: list[str] = field(default_factory=lambda: [defaults.ACCOUNT])
    testing: bool = False
    denied_secrets: list[str] = field(default_factory=list)

    def changed(self, values: dict[str, Any]) -> Self:
        if "meet" in values:
            values = {**values, "meet": MeetBehaviour(**values["meet"])}
        return super().changed(values)
