"""What may go wrong on the local page: each fault lasts until another one is chosen."""

from dataclasses import dataclass

from infra.local.google import defaults
from infra.local.google.client import Control
from infra.local.stack import PROJECT

TITLES = {
    "none": "Nothing: every service is well",
    "google_down": "Google Calendar is down",
    "token_revoked": "The refresh token is revoked",
    "meet_pending": "Google is slow to make the Meet link",
    "two_notices": "Two notices arrive at once",
    "slow": "Google Calendar takes a second for each answer",
    "answer_lost": "Google books, and its answer is lost",
}
EXPLANATIONS = {
    "none": "The notice is answered 200 and the class has its event.",
    "google_down": "Every call to the Calendar is answered 503. The webhook passes a 5xx on, so"
    " Mercado Pago sends the notice again; the week is shown as it was last read. What became of"
    " the insert is unknown, so the class stays claimed for CREATE_LEASE_SECONDS.",
    "token_revoked": "Google answers invalid_grant. Choosing another fault stores a new token as a"
    " new secret version, as infra/authorize.py does, and the same instance goes on.",
    "meet_pending": "The event is made and recorded; the link comes later than the answer has to."
    " The next delivery fills it in.",
    "two_notices": "Mercado Pago delivers the same payment twice in the same moment: one event, one"
    " invitation.",
    "slow": "The answer still comes within its budget.",
    "answer_lost": "The connection is cut after the insert took effect. The event's id is derived"
    " from the class, so the second try finds it instead of making another.",
}

_CALENDAR = ("list", "insert", "get", "patch", "delete")


@dataclass
class PlayableFaults:
    """The fault being played."""

    google: Control
    create_budget_seconds: float
    name: str = "none"
    _token: str = defaults.REFRESH_TOKEN
    _tokens: int = 1

    def play(self, name: str) -> None:
        """End the present one and begin another. Raises KeyError if there is none of the name."""
        TITLES[name]
        self._end()
        self.name = name
        match name:
            case "google_down":
                for operation in _CALENDAR:
                    self.google.fault(operation, "status", times=-1)
            case "token_revoked":
                self.google.revoke(self._token)
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
            self._authorise_again()

    def _authorise_again(self) -> None:
        self._tokens += 1
        self._token = f"{defaults.REFRESH_TOKEN}-{self._tokens}"
        self.google.add_refresh_token(self._token)
        self.google.add_secret_version(self._token, PROJECT)
