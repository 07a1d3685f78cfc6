"""Refresh tokens, access tokens and one-time codes."""

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from infra.local.google import defaults
from infra.local.google.errors import CalendarError


@dataclass
class GrantedAccess:
    """What an account allowed a client; the refresh token stands for it."""

    account: str = defaults.ACCOUNT
    client_id: str = defaults.CLIENT_ID
    scopes: list[str] = field(default_factory=lambda: [defaults.CALENDAR_SCOPE])
    revoked: bool = False


@dataclass(frozen=True)
class HeldToken:
    grant: GrantedAccess
    expires_at: float


@dataclass(frozen=True)
class OneTimeCode:
    """A one-time code that stands for a consent until it is exchanged for tokens."""

    grant: GrantedAccess
    redirect_uri: str
    challenge: str | None
    gives_refresh_token: bool

    def is_proved_by(self, verifier: str) -> bool:
        """PKCE with S256, RFC 7636 section 4.6."""
        digest = hashlib.sha256(verifier.encode()).digest()
        return self.challenge in (None, base64.urlsafe_b64encode(digest).rstrip(b"=").decode())


class Tokens:
    """Every token ever given out."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._first = GrantedAccess()
        self._access: dict[str, HeldToken] = {}

    def reset(self) -> None:
        """Keeps the access tokens made of the first refresh token: whoever has one of them then
        need not ask for another."""
        self._first.revoked = False
        self.grants = {defaults.REFRESH_TOKEN: self._first}
        self.codes: dict[str, OneTimeCode] = {}
        self._keep_access_tokens(lambda grant: grant is self._first)

    def issue(self, grant: GrantedAccess, lifetime: float) -> str:
        """A new access token, good for `lifetime` seconds."""
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self._access[token] = HeldToken(grant, self._clock() + lifetime)
        return token

    def revoke(self, token: str) -> None:
        """Ends a refresh token and the access tokens made of it. Raises KeyError."""
        revoked = self.grants[token]
        revoked.revoked = True
        self._keep_access_tokens(lambda grant: grant is not revoked)

    def expire_access_tokens(self) -> None:
        self._access.clear()

    def grant_of(self, authorization: str) -> GrantedAccess:
        """Whom an `Authorization` header stands for. Raises CalendarError (authError)."""
        scheme, _, token = authorization.partition(" ")
        held = self._access.get(token.strip()) if scheme.lower() == "bearer" else None
        if held is None or held.expires_at <= self._clock():
            raise CalendarError(
                401, "authError", "Invalid Credentials", {"WWW-Authenticate": 'Bearer realm="x"'}
            )
        return held.grant

    def _keep_access_tokens(self, is_kept: Callable[[GrantedAccess], bool]) -> None:
        held = self._access.items()
        self._access = {token: each for token, each in held if is_kept(each.grant)}
