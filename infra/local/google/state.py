"""Everything that the stand-in for Google holds."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from infra.local.google.calendars import Calendar, utc_now
from infra.local.google.conference import MeetMaker
from infra.local.google.errors import not_found
from infra.local.google.invitations import Invitation
from infra.local.google.secret_store import SecretStore
from infra.local.google.settings import GoogleSettings
from infra.local.google.tokens import Tokens
from infra.local.stand_in.state import StandInState


class Google(StandInState):
    """Beside the clock, which may start anywhere, `now` is the time of the day."""

    new_settings = GoogleSettings
    settings: GoogleSettings

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, now: Callable[[], datetime] = utc_now
    ) -> None:
        super().__init__(clock)
        self.now = now
        self.meet = MeetMaker(self.settings.meet)
        self.tokens = Tokens(clock)
        self.secrets = SecretStore()
        self.invitations: list[Invitation] = []
        self.calendars: dict[str, Calendar] = {}
        self._open_calendars_of_accounts()

    def change_settings(self, values: dict[str, Any]) -> None:
        super().change_settings(values)
        if "meet" in values:
            self.meet = MeetMaker(self.settings.meet)
        self._open_calendars_of_accounts()

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


def adopt(old: Google, new: Google, keep_access_tokens: bool = False) -> None:
    """What a reset keeps if it is asked to."""
    if keep_access_tokens:
        new.tokens.adopt(old.tokens)
