"""Asks Google what an access token can do and whose it is."""

from typing import Any
from urllib.parse import quote

import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.oauth2 import id_token

from infra.commands.cures import unusable
from infra.commands.unusable import Doubtful, Unusable
from shared import json_object
from shared.google.token_endpoint import token_uri
from shared.settings import Settings

CALENDAR_SCOPE = "https://www.googleapis.com/auth/calendar.events"
WIDER_SCOPE = "https://www.googleapis.com/auth/calendar"
WRITING_ROLES = frozenset({"owner", "writer", "writerWithoutPrivateAccess"})
"""The access roles that may write events, according to the API's discovery document."""

_ISSUERS = ("accounts.google.com", "https://accounts.google.com")
_CLOCK_SKEW_SECONDS = 30
_CALL_SECONDS = 20


def can_write_events(tokens: dict[str, Any]) -> bool:
    """Whether an access token's scopes allow listing and writing events."""
    return not {CALENDAR_SCOPE, WIDER_SCOPE}.isdisjoint(str(tokens.get("scope")).split())


def tokens_for(settings: Settings, service: str, form: dict[str, str]) -> dict[str, Any]:
    """The token endpoint's answer to a consent's code or a refresh token; `service` is its name
    in the table of cures. Raises Unusable."""
    client = {"client_id": settings.auth_google_id, "client_secret": settings.auth_google_secret}
    names = {"redirect_uri": settings.google_redirect_uri}
    try:
        answered = requests.post(token_uri(settings), data=form | client, timeout=_CALL_SECONDS)
    except requests.RequestException as error:
        raise unusable(service, error, **names) from error
    answer = json_object.parse(answered.content) or {}
    if "access_token" not in answer:
        said = f"{answer.get('error', answered.status_code)} {answer.get('error_subtype', '')}"
        raise unusable(service, said.strip(), **names)
    return answer


def verified_account(token: str, settings: Settings) -> str:
    """The e-mail address of an ID token's account, after checking the token's signature and
    audience and that Google verified the address. Raises Unusable."""
    base = settings.google_emulator_url or "https://www.googleapis.com"
    try:
        with requests.Session() as session:
            claims = id_token.verify_token(
                token,
                Request(session),
                audience=settings.auth_google_id,
                certs_url=f"{base}/oauth2/v1/certs",
                clock_skew_in_seconds=_CLOCK_SKEW_SECONDS,
            )
    except (GoogleAuthError, ValueError, requests.RequestException) as error:
        raise Unusable(
            f"Google's ID token for the account cannot be verified ({type(error).__name__})",
            "correct this machine's clock and run infra/authorize.py",
        ) from error
    if claims.get("iss") not in _ISSUERS or claims.get("email_verified") is not True:
        raise Unusable(
            "Google has not verified the account's e-mail address",
            "verify the address in the Google account, then try again",
        )
    return str(claims.get("email", ""))


def check_calendar(settings: Settings, access_token: str) -> dict[str, Any]:
    """`accessRole` and `timeZone` of `CALENDAR_ID`. Raises Unusable unless the token's account can
    write events there."""
    head = calendar_head(settings, settings.calendar_id, access_token)
    if head.get("accessRole") not in WRITING_ROLES:
        raise Unusable(
            f"{settings.admin_email} may only read the calendar CALENDAR_ID"
            f" (role {head.get('accessRole', 'none')})",
            _names(settings, settings.calendar_id)["share"],
        )
    return head


def check_busy_calendar(settings: Settings, calendar_id: str, access_token: str) -> None:
    """Raises Unusable unless the token's account can read one of `BUSY_CALENDAR_IDS`."""
    role = calendar_head(settings, calendar_id, access_token).get("accessRole", "none")
    share = _names(settings, calendar_id)["share"]
    if role == "none":
        raise Unusable(f"{settings.admin_email} may not read the calendar {calendar_id}", share)
    if role == "freeBusyReader":  # Google then lists events with little more than their times
        raise Doubtful(
            f"of {calendar_id} only free/busy is shared: an invitation that its owner declined"
            " takes its hours all the same",
            share,
        )


def _names(settings: Settings, calendar_id: str) -> dict[str, str]:
    """For the table of cures."""
    is_ours = calendar_id in (settings.calendar_id, "primary")
    right = "Make changes to events" if is_ours else "See all event details"
    return {
        "admin": settings.admin_email,
        "calendar": calendar_id,
        "setting": "CALENDAR_ID" if is_ours else "BUSY_CALENDAR_IDS",
        "share": f'share the calendar with {settings.admin_email} with the right "{right}"',
    }


def calendar_head(settings: Settings, calendar_id: str, access_token: str) -> dict[str, Any]:
    """A calendar's own fields, as a list of its events shows them. Raises Unusable."""
    base = settings.google_emulator_url or "https://www.googleapis.com"
    names = _names(settings, calendar_id)
    try:
        answer = requests.get(
            f"{base}/calendar/v3/calendars/{quote(calendar_id, safe='')}/events",
            params={"maxResults": "1", "fields": "accessRole,summary,timeZone"},
            headers={"Authorization": f"Bearer {access_token}"},
            timeout=_CALL_SECONDS,
        )
    except requests.RequestException as error:
        raise unusable("calendar", error, **names) from error
    body = json_object.parse(answer.content) or {}
    if answer.status_code != 200:
        raise unusable("calendar", f"{answer.status_code} {_reason(body)}".strip(), **names)
    return body


def _reason(body: dict[str, Any]) -> str:
    """The reason in either of Google's error formats."""
    error = json_object.part(body, "error")
    for form in ("errors", "details"):
        for each in error.get(form) or ():
            if isinstance(each, dict) and isinstance(each.get("reason"), str):
                return str(each["reason"])
    return ""
