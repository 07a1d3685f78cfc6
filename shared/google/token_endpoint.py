"""Google's OAuth2 token endpoint: a refresh token becomes an access token."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from google.auth.exceptions import RefreshError, TransportError
from google.oauth2.credentials import Credentials

from shared import json_object, log
from shared.deadline import Deadline
from shared.errors import CalendarUnavailable, Misconfigured
from shared.google.bounded_http import AnswerLost, NotSent, exchange
from shared.settings import Settings


def token_uri(settings: Settings) -> str:
    """Where refresh tokens are exchanged."""
    return f"{settings.google_emulator_url or 'https://oauth2.googleapis.com'}/token"


class TokenDead(Exception):
    """Google answered `invalid_grant`: revoked, expired, or not of this client."""


def refresh(credentials: Credentials, deadline: Deadline) -> None:
    """Gets `credentials` an access token, with one call.

    Raises TokenDead, Misconfigured (the client is refused), CalendarUnavailable.
    """

    def transport(
        url: str, method: str, body: bytes, headers: Mapping[str, str], **_: Any
    ) -> SimpleNamespace:
        log.count("token")
        response, content = exchange(deadline, url, method, body, dict(headers))
        _check_answer(response.status, content)
        return SimpleNamespace(status=response.status, headers=response, data=content)

    try:
        credentials.refresh(transport)  # type: ignore[no-untyped-call]
    except (TransportError, NotSent, AnswerLost) as error:
        raise CalendarUnavailable(f"token endpoint: {error}") from error
    except RefreshError as error:
        raise _translated(error) from error


def _check_answer(status: int, content: bytes) -> None:
    """Lets through only what google-auth understands: a token, or a definite refusal.

    Everything else raises TransportError here, since google-auth would repeat some of it
    itself, beyond our deadline, and take an error page for a final no.
    """
    answer = json_object.parse(content) or {}
    error = answer.get("error")
    is_token = status == 200 and _is_token(answer)
    is_refusal = status in (400, 401, 403) and isinstance(error, str)
    if not is_token and not (is_refusal and error not in _PASSING_ERRORS):
        raise TransportError(f"answered {status}")  # type: ignore[no-untyped-call]


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


def _is_token(answer: dict[str, Any]) -> bool:
    return isinstance(answer.get("access_token"), str) and isinstance(answer.get("expires_in"), int)


def _translated(error: RefreshError) -> Exception:
    answer = error.args[1] if len(error.args) > 1 else {}
    code = answer.get("error") if isinstance(answer, dict) else None
    # google-auth words `invalid_rapt`, a Workspace's limit on sessions, as a sentence.
    if code == "invalid_grant" or str(error).startswith("Reauthentication is needed"):
        return TokenDead()
    unknown = "Google gives no access token for the refresh token"
    return Misconfigured(details=[_REFUSALS.get(str(code), unknown)])
