"""The consent: the URL to open, Google's answer, and whether that grants what is needed.

OAuth 2 for web server applications with PKCE, see
https://developers.google.com/identity/protocols/oauth2/web-server
"""

import base64
import hashlib
import hmac
import secrets
from typing import Any
from urllib.parse import urlencode, urlsplit

from infra.commands.authorize.redirect import Redirect, parsed
from infra.commands.cures import AGAIN, unusable
from infra.commands.google_account import (
    CALENDAR_SCOPE,
    can_write_events,
    tokens_for,
    verified_account,
)
from infra.commands.unusable import Unusable
from shared.settings import Settings

IDENTITY_SCOPES = ("openid", "https://www.googleapis.com/auth/userinfo.email")

Granted = dict[str, Any]
"""The token endpoint's answer to a consent: has an `access_token` and a `refresh_token`."""


class Consent:
    """One request for the admin's consent; `url` is the page to open in a browser."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._state, self._verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
        challenge = hashlib.sha256(self._verifier.encode()).digest()
        parameters = {
            "response_type": "code",
            "client_id": settings.auth_google_id,
            "redirect_uri": settings.google_redirect_uri,
            "scope": " ".join([*IDENTITY_SCOPES, CALENDAR_SCOPE]),
            "state": self._state,
            "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
            "code_challenge_method": "S256",
            # Google gives a refresh token only for offline access, and a second one only after
            # asking again.
            "access_type": "offline",
            "prompt": "consent",
            "login_hint": settings.admin_email,
            "include_granted_scopes": "false",
        }
        base = settings.google_emulator_url or "https://accounts.google.com"
        self.url = f"{base}/o/oauth2/v2/auth?{urlencode(parameters)}"

    def is_answered_by(self, answer: Redirect) -> bool:
        """Whether the answer's `state` matches this request: any web page can call the redirect
        URI."""
        return hmac.compare_digest(answer.get("state", "").encode(), self._state.encode())

    def exchange(self, answer: Redirect) -> Granted:
        """Exchanges the answer for tokens. Raises Unusable."""
        if not self.is_answered_by(answer):
            raise Unusable("the answer does not belong to this request (state)", AGAIN)
        redirect_uri = self._settings.google_redirect_uri
        if "error" in answer:
            raise unusable("consent", answer["error"], redirect_uri=redirect_uri)
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "code_verifier": self._verifier,
            "redirect_uri": redirect_uri,
        }
        tokens = tokens_for(self._settings, "consent", form)
        if not tokens.get("refresh_token"):
            raise Unusable(
                "Google gave no refresh token",
                f"remove the app at https://myaccount.google.com/connections, then {AGAIN}",
            )
        return tokens

    def check(self, tokens: Granted) -> None:
        """Raises Unusable unless the admin's account consented to everything needed."""
        if not can_write_events(tokens):
            raise Unusable(
                "the box for the calendar's events was not ticked",
                f"{AGAIN} and leave every box ticked",
            )
        account = verified_account(str(tokens.get("id_token")), self._settings)
        if account.casefold() != self._settings.admin_email.casefold():
            raise Unusable(
                f"{account} gave the consent, but ADMIN_EMAIL is {self._settings.admin_email}",
                f"{AGAIN} and choose that account, or correct ADMIN_EMAIL",
            )


def pasted(text: str) -> Redirect:
    """The answer in a pasted redirect address. Raises Unusable."""
    answer = parsed(urlsplit(text.strip()).query)
    if answer is None:
        raise Unusable(
            "that is not the address Google sent the browser to: it has no code",
            f"{AGAIN} and paste the whole address",
        )
    return answer
