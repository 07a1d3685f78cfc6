"""What may go wrong on the local page: each fault lasts until another one is chosen."""

import time
from dataclasses import dataclass

from infra.local.google import defaults
from infra.local.google.control import Control
from shared.google.credentials import ASK_SECRET_SECONDS

FAULTS = (
    "none", "google_down", "token_revoked", "meet_pending", "two_notices", "slow", "answer_lost",
)  # fmt: skip
"""What each means stands in the page's `words.js`."""

_CALENDAR = ("list", "insert", "get", "patch", "delete")


@dataclass
class PlayableFaults:
    """The fault being played."""

    google: Control
    create_budget_seconds: float
    name: str = "none"

    def play(self, name: str) -> None:
        """End the present one and begin another. Raises ValueError if there is none of the name."""
        if name not in FAULTS:
            raise ValueError(f"there is no fault {name}")
        self._end()
        self.name = name
        match name:
            case "google_down":
                for operation in _CALENDAR:
                    self.google.fault(operation, "status", times=-1)
            case "token_revoked":
                self.google.revoke()
            case "meet_pending":
                # Just too late for the answer, which comes before the budget is used up.
                self.google.meet("pending", seconds=self.create_budget_seconds)
            case "slow":
                self.google.settings(latency=dict.fromkeys(_CALENDAR, 1))
            case "answer_lost":
                self.google.fault("insert", "drop", when="after")

    def renew(self) -> None:
        """Play the fault for another request, if it is one that happens once."""
        if self.name == "answer_lost":
            self.play(self.name)

    def _end(self) -> None:
        self.google.clear_faults()
        self.google.meet("success")
        self.google.settings(latency={})
        if self.name == "token_revoked":
            self.google.add_refresh_token(defaults.REFRESH_TOKEN)
            # Until then a function that met the dead token does not try it again.
            time.sleep(ASK_SECRET_SECONDS)
