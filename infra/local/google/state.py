"""Everything that the stand-in for Google holds."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from infra.local.google import defaults
from infra.local.google.calendars import Calendar, utc_now
from infra.local.google.conference import MeetMaker
from infra.local.google.errors import not_found
from infra.local.google.invitations import Invitation
from infra.local.google.secret_store import SecretStore
from infra.local.google.tokens import Tokens
from infra.local.stand_in.state import StandInSettings, StandInState


@dataclass(frozen=True)
class GoogleSettings(StandInSettings):
    """The README beside this module says what each means."""

    page_size: int | None = None
    empty_pages: list[int] = field(default_factory=list)
    refused_emails: list[str] = field(default_factory=list)
    token_lifetime: int = 3599
    clients: dict[str, str] = field(
        default_factory=lambda: {defaults.CLIENT_ID: defaults.CLIENT_SECRET}
    )
    redirect_uris: list[str] = field(default_factory=lambda: [defaults.REDIRECT_URI])
    accounts: list[str] = field(default_factory=lambda: [defaults.ACCOUNT])
    testing: bool = False


class Google(StandInState):
    """Beside the clock, which may start anywhere, `now` is the time of the day."""

    new_settings = GoogleSettings
    settings: GoogleSettings

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, now: Callable[[], datetime] = utc_now
    ) -> None:
        self.now = now
        self.tokens = Tokens(clock)
        super().__init__(clock)

    def reset(self) -> None:
        super().reset()
        self.meet = MeetMaker()
        self.tokens.reset()
        self.secrets = SecretStore()
        self.invitations: list[Invitation] = []
        self.calendars: dict[str, Calendar] = {}
        self._open_calendars_of_accounts()

    def change_settings(self, values: dict[str, Any]) -> StandInSettings:
        changed = super().change_settings(values)
        self._open_calendars_of_accounts()
        return changed

    def _open_calendars_of_accounts(self) -> None:
        for account in self.settings.accounts:
            if account not in self.calendars:
                self.calendars[account] = Calendar(account, {account: "owner"}, now=self.now)

    def calendar(self, calendar_id: str, account: str) -> Calendar:
        """Raises CalendarError (notFound)."""
        found = self.calendars.get(account if calendar_id == "primary" else calendar_id)
        if found is None:
            raise not_found()
        return found
