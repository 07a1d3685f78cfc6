"""The consent: the address to open, what came back, and whether that is what was asked for.

OAuth 2 for web server applications with PKCE, by
https://developers.google.com/identity/protocols/oauth2/web-server
"""

import hmac
import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from google_auth_oauthlib.flow import Flow
from oauthlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]

from infra.commands.authorize.redirect import Answer, is_loopback, parsed
from infra.commands.cures import AGAIN, REGISTER, unusable
from infra.commands.google_account import CALENDAR_SCOPE, can_write_events, verified_account
from infra.commands.unusable import Unusable
from shared.google.token_endpoint import token_uri
from shared.settings import Settings

IDENTITY_SCOPES = ("openid", "https://www.googleapis.com/auth/userinfo.email")
_CALL_SECONDS = 20


@dataclass(frozen=True)
class Grant:
    """What Google gave for the consent. `expires_in` (seconds) is the refresh token's own end,
    which only those of an app in "Testing" have, or of a consent given for a time."""

    refresh_token: str = field(repr=False)
    access_token: str = field(repr=False)
    id_token: str = field(repr=False)
    scopes: list[str]
    expires_in: int | None


class Consent:
    """One request for the admin's consent: `url` is to be opened in a browser."""

    def __init__(self, settings: Settings) -> None:
        emulator = settings.google_emulator_url
        # oauthlib takes an unticked box for an error; `check` says more plainly what is wrong.
        os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"
        if emulator and is_loopback(emulator):
            os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
        client = {
            "client_id": settings.auth_google_id,
            "client_secret": settings.auth_google_secret,
            "auth_uri": f"{emulator or 'https://accounts.google.com'}/o/oauth2/v2/auth",
            "token_uri": token_uri(settings),
        }
        self._settings = settings
        self._flow = Flow.from_client_config(
            {"web": client},
            [*IDENTITY_SCOPES, CALENDAR_SCOPE],
            redirect_uri=settings.google_redirect_uri,
        )
        # Google gives a refresh token only for offline access, and again only if asked to
        # ask again. The flow adds a PKCE challenge (S256).
        self.url, self._state = self._flow.authorization_url(
            access_type="offline",
            prompt="consent",
            login_hint=settings.admin_email,
            include_granted_scopes="false",
        )

    def is_answered_by(self, answer: Answer) -> bool:
        """Whether the answer belongs to this request, by its `state`: any page can call the
        address that a browser is redirected to."""
        return hmac.compare_digest(answer.get("state", "").encode(), self._state.encode())

    def exchange(self, answer: Answer) -> Grant:
        """Turns the redirect's answer into tokens. Raises Unusable."""
        if not self.is_answered_by(answer):
            raise Unusable("the answer does not belong to this request (state)", AGAIN)
        redirect_uri = self._settings.google_redirect_uri
        if "error" in answer:
            raise unusable("consent", answer["error"], redirect_uri=redirect_uri)
        try:
            with self._flow.oauth2session:
                token = self._flow.fetch_token(code=answer.get("code"), timeout=_CALL_SECONDS)
        except OAuth2Error as error:
            raise unusable("consent", error.error or "", redirect_uri=redirect_uri) from None
        except (ValueError, requests.RequestException) as error:
            raise unusable("consent", error) from None
        return _grant(token)

    def check(self, grant: Grant) -> None:
        """Raises Unusable unless the admin's account consented to all that is needed."""
        if not can_write_events(grant.scopes):
            raise Unusable(
                "the box for the calendar's events was not ticked",
                f"{AGAIN} and leave every box ticked",
            )
        account = verified_account(grant.id_token, self._settings)
        if account.casefold() != self._settings.admin_email.casefold():
            raise Unusable(
                f"{account} gave the consent, but ADMIN_EMAIL is {self._settings.admin_email}",
                f"{AGAIN} and choose that account, or correct ADMIN_EMAIL",
            )


def registering(settings: Settings) -> str:
    """How to register the redirect URI."""
    return REGISTER.format(redirect_uri=settings.google_redirect_uri)


def pasted(text: str) -> Answer:
    """The answer in the address that the browser was sent to. Raises Unusable."""
    answer = parsed(urlsplit(text.strip()).query)
    if not {"code", "error"} & answer.keys():
        raise Unusable(
            "that is not the address Google sent the browser to: it has no code",
            f"{AGAIN} and paste the whole address",
        )
    return answer


def _grant(token: dict[str, object]) -> Grant:
    refresh_token = token.get("refresh_token")
    if not refresh_token:
        raise Unusable(
            "Google gave no refresh token",
            "remove the app at https://myaccount.google.com/connections, then " + AGAIN,
        )
    scopes, expires_in = token.get("scope"), token.get("refresh_token_expires_in")
    return Grant(
        refresh_token=str(refresh_token),
        access_token=str(token.get("access_token", "")),
        id_token=str(token.get("id_token", "")),
        scopes=[str(scope) for scope in scopes] if isinstance(scopes, list) else [],
        expires_in=expires_in if isinstance(expires_in, int) else None,
    )
