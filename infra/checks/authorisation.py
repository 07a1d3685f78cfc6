"""The admin's token, what it may do, whose it is, and the calendar it is for."""

import requests

from infra.checks.examination import Case, Token
from infra.checks.outcome import NotChecked
from infra.google_account import (
    can_write_events,
    check_calendar,
    list_nothing,
    verified_account,
)
from infra.unusable import Unusable
from shared import json_object
from shared.token_endpoint import token_uri

_CALL_SECONDS = 20
_AUTHORISE = "run infra/authorize.py as the admin and leave every box ticked"


def token(case: Case) -> str:
    """Refreshes the token as the functions do, to see the whole answer."""
    settings = case.settings
    form = {
        "grant_type": "refresh_token",
        "refresh_token": case.refresh_token,
        "client_id": settings.auth_google_id,
        "client_secret": settings.auth_google_secret,
    }
    try:
        answered = requests.post(token_uri(settings), data=form, timeout=_CALL_SECONDS)
    except requests.RequestException as error:
        raise Unusable(
            f"the token endpoint does not answer ({type(error).__name__})", "try again"
        ) from error
    answer = json_object.parse(answered.content) or {}
    if "access_token" not in answer:
        raise _refused(answer.get("error"), answer.get("error_subtype"))
    case.token = Token(
        access_token=str(answer["access_token"]),
        id_token=answer.get("id_token"),
        scopes=str(answer.get("scope", "")).split(),
    )
    return "it can be refreshed"


def scopes(case: Case) -> str:
    if not can_write_events(case.token.scopes):
        raise Unusable("the token may not write the calendar's events", _AUTHORISE)
    return "the calendar's events may be written"


def account(case: Case) -> str:
    """By Google's ID token, which comes along if the admin was asked for the address, as
    infra/authorize.py does; else by the name of the account's own calendar, which is its
    address until somebody renames it."""
    settings = case.settings
    if case.token.id_token:
        found = verified_account(case.token.id_token, settings)
    else:
        answer = list_nothing(settings, "primary", case.token.access_token)
        found = str((json_object.parse(answer.content) or {}).get("summary", ""))
    if found.casefold() == settings.admin_email.casefold():
        return f"the token is {found}'s"
    if "@" not in found:
        raise NotChecked("the token does not tell whose it is", _AUTHORISE)
    raise Unusable(
        f"the token is {found}'s, but ADMIN_EMAIL is {settings.admin_email}",
        f"{_AUTHORISE}, or correct ADMIN_EMAIL",
    )


def calendar(case: Case) -> str:
    return f"it can be written (role {check_calendar(case.settings, case.token.access_token)})"


def _refused(error: object, subtype: object) -> Unusable:
    if subtype == "invalid_rapt":
        return Unusable("the admin's Workspace asks to sign in again", _AUTHORISE)
    if error == "invalid_grant":
        return Unusable(
            "Google calls the refresh token expired or revoked",
            f"{_AUTHORISE}; if it died after 7 days, publish the app first"
            " (https://console.cloud.google.com/auth/audience)",
        )
    if error == "invalid_client":
        return Unusable(
            "Google does not know the OAuth client, or its secret is wrong",
            "correct AUTH_GOOGLE_ID and the secret calendar-client-secret",
        )
    if error == "unauthorized_client":
        return Unusable(
            "the refresh token was made for another OAuth client than AUTH_GOOGLE_ID",
            f"correct AUTH_GOOGLE_ID, or {_AUTHORISE}",
        )
    return Unusable("the token endpoint does not give a token", "try again in some minutes")
