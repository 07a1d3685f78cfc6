"""Everything the stand-in holds at one time. A reset puts a new world in place of the old one."""

import json
import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .calendars import Calendar
from .conference import MeetMaker
from .errors import not_found
from .faults import FaultPlan
from .invitations import Invitation
from .journal import Journal
from .oauth import Tokens
from .secret_manager import Secrets
from .settings import Settings
from .wire import Request


class World:
    """The state behind all faces.

    Whoever reads or changes it holds ``lock``. ``ended`` is set once a reset has replaced this
    world: what still waits for it gives up, and late effects no longer reach anybody.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.ended = threading.Event()
        self.settings = Settings()
        self.meet = MeetMaker(self.settings.meet)
        self.journal = Journal()
        self.faults = FaultPlan()
        self.refusals: list[dict[str, Any]] = []
        self.tokens = Tokens()
        self.secrets = Secrets()
        self.invitations: list[Invitation] = []
        self.calendars: dict[str, Calendar] = {}
        self._open_calendars_of_accounts()

    def change_settings(self, values: dict[str, Any]) -> None:
        """Raises TypeError for an unknown setting."""
        self.settings = self.settings.changed(values)
        if "meet" in values:
            self.meet = MeetMaker(self.settings.meet)
        self._open_calendars_of_accounts()

    def _open_calendars_of_accounts(self) -> None:
        for account in self.settings.accounts:
            if account not in self.calendars:
                self.calendars[account] = Calendar(account, {account: "owner"})

    def calendar(self, calendar_id: str, account: str) -> Calendar:
        """Raises CalendarError (notFound)."""
        found = self.calendars.get(account if calendar_id == "primary" else calendar_id)
        if found is None:
            raise not_found()
        return found


@dataclass
class Call:
    """A request on its way to an operation.

    ``args`` are the decoded parts of its path, ``parameters`` the query's typed values. A fault
    may have it refuse attendees, or overwrite an event that was not there when it arrived.
    """

    request: Request
    args: dict[str, str]
    parameters: dict[str, Any] = field(default_factory=dict)
    refuses_attendees: bool = False
    may_overwrite: bool = False

    @cached_property
    def json(self) -> Any:
        """The body, None if there is none. Raises ValueError if it is no JSON."""
        return json.loads(self.request.body) if self.request.body else None

    def header(self, name: str) -> str:
        return self.request.headers.get(name, "")
