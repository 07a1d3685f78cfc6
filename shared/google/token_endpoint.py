"""Google's OAuth2 token endpoint: exchanges a refresh token for an access token.

Not google-auth: it retries some failures beyond our deadline and takes an error page as a final
refusal.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from shared import clock, json_object, log
from shared.deadline import Deadline
from shared.errors import CalendarUnavailable, Misconfigured, ReauthorizationRequired
from shared.google.bounded_http import AnswerLost, NotSent, exchange
from shared.settings import Settings

_FRESH = timedelta(minutes=4)
"""An access token valid for less is renewed."""

_DEAD = "Google refuses the refresh token; the admin must authorise: python infra/authorize.py"
_PASSING_ERRORS = (
    "internal_failure", "server_error", "temporarily_unavailable", "rate_limit_exceeded",
)  # fmt: skip
_REFUSALS = {
    "invalid_client": "AUTH_GOOGLE_ID or AUTH_GOOGLE_SECRET is refused by Google",
    "unauthorized_client": "the refresh token was made for another client than AUTH_GOOGLE_ID",
    "deleted_client": "the OAuth client AUTH_GOOGLE_ID is deleted",
    "disabled_client": "the OAuth client AUTH_GOOGLE_ID is disabled",
    "admin_policy_enforced": "the Workspace of ADMIN_EMAIL does not let the app in",
    "org_internal": "the app is for another Workspace than that of ADMIN_EMAIL",
}


@dataclass
class AccessToken:
    value: str = field(repr=False)
    expires_at: datetime

    @property
    def is_valid(self) -> bool:
        return clock.now() < self.expires_at

    @property
    def is_fresh(self) -> bool:
        return clock.now() < self.expires_at - _FRESH


def token_uri(settings: Settings) -> str:
    """Where refresh tokens are exchanged."""
    return f"{settings.google_emulator_url or 'https://oauth2.googleapis.com'}/token"


def refresh(settings: Settings, refresh_token: str, deadline: Deadline) -> AccessToken:
    """Gets an access token with a single call.

    Raises ReauthorizationRequired (the refresh token is revoked, expired or another client's),
    Misconfigured (the client is refused) or CalendarUnavailable.
    """
    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "client_id": settings.auth_google_id,
        "client_secret": settings.auth_google_secret,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    log.count("token")
    asked_at = clock.now()
    try:
        answer = exchange(deadline, token_uri(settings), "POST", urlencode(form), headers)
    except (NotSent, AnswerLost) as error:
        raise CalendarUnavailable(f"token endpoint: {error}") from error
    told = json_object.parse(answer.data) or {}
    token, seconds, refusal = (told.get(key) for key in ("access_token", "expires_in", "error"))
    if answer.status == 200 and isinstance(token, str) and isinstance(seconds, int):
        return AccessToken(token, asked_at + timedelta(seconds=seconds))
    is_final = answer.status in (400, 401, 403) and isinstance(refusal, str)
    if not is_final or refusal in _PASSING_ERRORS:
        raise CalendarUnavailable(f"token endpoint: answered {answer.status}")
    if refusal == "invalid_grant":
        raise ReauthorizationRequired(_DEAD)
    unknown = "Google gives no access token for the refresh token"
    raise Misconfigured(details=[_REFUSALS.get(str(refusal), unknown)])
