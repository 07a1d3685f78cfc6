"""Books a class: calls `create_event` with an ID token of this function's account."""

from functools import cache

import requests
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request as TokenRequest
from google.oauth2 import id_token

from .codes import Code, Ended, NotBookable
from .settings import Settings

BOOK_SECONDS = 11  # above `create_event`'s own CREATE_BUDGET_SECONDS (8)


def book(preference_id: str, settings: Settings) -> None:
    """Raises Ended unless `create_event` says that the class is booked, NotBookable where it says
    that it cannot be."""
    try:
        response = requests.post(
            settings.create_event_url,
            json={"preferenceId": preference_id},
            headers=_authorization(settings.audience),
            timeout=BOOK_SECONDS,
            allow_redirects=False,
        )
    except GoogleAuthError as error:
        raise Ended(Code.ID_TOKEN_UNAVAILABLE, type(error).__name__) from error
    except requests.RequestException as error:
        raise Ended(Code.CREATE_EVENT_UNAVAILABLE, type(error).__name__) from error
    _check(response)


def _check(response: requests.Response) -> None:
    """Only `create_event`'s own answer settles a notice, not an error page from Cloud Run."""
    try:
        body = response.json()
    except requests.JSONDecodeError:
        body = None
    answer = body if isinstance(body, dict) else {}
    if response.status_code == 200 and answer.get("success") is True:
        return
    raise refusal(response.status_code, str(answer.get("code", "")), answer.get("retryable"))


def refusal(status: int, code: str, retryable: object) -> Ended:
    """What an error of `create_event` means here."""
    kind = NotBookable if code == "class_not_bookable" else Ended
    is_final = retryable is False
    detail = f"{status} {code}".rstrip()
    return kind(Code.CREATE_EVENT_REFUSES if is_final else Code.CREATE_EVENT_FAILED, detail)


def _authorization(audience: str | None) -> dict[str, str]:
    if audience is None:
        return {}
    credentials = _id_token(audience)
    if not credentials.valid:  # from a few minutes before it expires
        credentials.refresh(TokenRequest())  # type: ignore[no-untyped-call]
    return {"Authorization": f"Bearer {credentials.token}"}


@cache
def _id_token(audience: str) -> Credentials:
    credentials: Credentials = id_token.fetch_id_token_credentials(  # type: ignore[no-untyped-call]
        audience, TokenRequest()
    )
    return credentials
