"""OAuth 2: refresh tokens, access tokens and the token endpoint."""

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from . import defaults
from .errors import CalendarError, OAuthError
from .id_token import id_token
from .wire import Response, json_response

if TYPE_CHECKING:
    from .world import Call, World

TESTING_LIFETIME_SECONDS = 604_799
"""How long a refresh token lives that was granted to an app in publishing status "Testing"."""


@dataclass
class Grant:
    """What an account allowed a client; the refresh token stands for it."""

    account: str = defaults.ACCOUNT
    client_id: str = defaults.CLIENT_ID
    scopes: list[str] = field(default_factory=lambda: [defaults.CALENDAR_SCOPE])
    revoked: bool = False


@dataclass(frozen=True)
class AccessToken:
    grant: Grant
    expires_at: float


@dataclass(frozen=True)
class Code:
    """A one-time code that stands for a consent until it is exchanged for tokens."""

    grant: Grant
    redirect_uri: str
    challenge: str | None
    challenge_method: str
    gives_refresh_token: bool

    def is_proved_by(self, verifier: str) -> bool:
        """PKCE, RFC 7636 section 4.6."""
        if self.challenge_method == "S256":
            digest = hashlib.sha256(verifier.encode()).digest()
            verifier = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return self.challenge in (None, verifier)


class Tokens:
    """Every token ever given out."""

    def __init__(self) -> None:
        self.grants: dict[str, Grant] = {defaults.REFRESH_TOKEN: Grant()}
        self.codes: dict[str, Code] = {}
        self._access: dict[str, AccessToken] = {}

    def issue(self, grant: Grant, lifetime: float) -> str:
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self._access[token] = AccessToken(grant, time.monotonic() + lifetime)
        return token

    def revoke(self, token: str) -> None:
        """Ends a refresh token and the access tokens made of it. Raises KeyError."""
        grant = self.grants[token]
        grant.revoked = True
        self._access = {
            token: held for token, held in self._access.items() if held.grant is not grant
        }

    def expire_access_tokens(self) -> None:
        self._access.clear()

    def adopt(self, others: "Tokens") -> None:
        """Lets access tokens go on that were made of a refresh token which is valid here too."""
        names = {id(grant): name for name, grant in others.grants.items()}
        for token, held in others._access.items():
            grant = self.grants.get(names.get(id(held.grant), ""))
            if grant is not None:
                self._access[token] = AccessToken(grant, held.expires_at)

    def grant_of(self, authorization: str) -> Grant:
        """Whom an ``Authorization`` header stands for. Raises CalendarError (authError)."""
        scheme, _, token = authorization.partition(" ")
        held = self._access.get(token.strip()) if scheme.lower() == "bearer" else None
        if held is None or held.expires_at <= time.monotonic():
            raise CalendarError(
                401, "authError", "Invalid Credentials", {"WWW-Authenticate": 'Bearer realm="x"'}
            )
        return held.grant


def token(world: "World", call: "Call") -> Response:
    """The token endpoint."""
    form = {**call.request.form, **_basic_credentials(call.header("authorization"))}
    with world.lock:
        _check_client(world, form)
        match form.get("grant_type"):
            case "refresh_token":
                return _refreshed(world, form)
            case "authorization_code":
                return _exchanged(world, form)
            case None:
                raise OAuthError(400, "invalid_request", "Missing required parameter: grant_type")
            case other:
                raise OAuthError(400, "unsupported_grant_type", f"Invalid grant_type: {other}")


def _basic_credentials(authorization: str) -> dict[str, str]:
    """The client's id and secret where they came as HTTP Basic, as oauthlib sends them."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": unquote(client_id), "client_secret": unquote(secret)}


def _check_client(world: "World", form: dict[str, str]) -> None:
    known = world.settings.clients
    client_id = form.get("client_id", "")
    if client_id not in known:
        raise OAuthError(401, "invalid_client", "The OAuth client was not found.")
    if form.get("client_secret") != known[client_id]:
        raise OAuthError(401, "invalid_client", "Unauthorized")


def _refreshed(world: "World", form: dict[str, str]) -> Response:
    grant = world.tokens.grants.get(form.get("refresh_token", ""))
    if grant is None or grant.revoked:
        raise OAuthError(400, "invalid_grant", "Token has been expired or revoked.")
    if grant.client_id != form["client_id"]:
        raise OAuthError(401, "unauthorized_client", "Unauthorized")
    wanted = form.get("scope", "").split()
    if not set(wanted) <= set(grant.scopes):
        raise OAuthError(400, "invalid_scope", "Some requested scopes were not granted.")
    return json_response(_token_answer(world, grant))


def _exchanged(world: "World", form: dict[str, str]) -> Response:
    code = world.tokens.codes.pop(form.get("code", ""), None)
    if code is None or code.grant.client_id != form["client_id"]:
        raise OAuthError(400, "invalid_grant", "Malformed auth code.")
    if code.redirect_uri != form.get("redirect_uri"):
        raise OAuthError(400, "redirect_uri_mismatch", "Bad Request")
    if code.challenge is not None and "code_verifier" not in form:
        raise OAuthError(400, "invalid_grant", "Missing code verifier.")
    if not code.is_proved_by(form.get("code_verifier", "")):
        raise OAuthError(400, "invalid_grant", "Invalid code verifier.")
    answer = _token_answer(world, code.grant)
    if code.gives_refresh_token:
        answer["refresh_token"] = refresh_token = f"1//0{secrets.token_urlsafe(32)}"
        world.tokens.grants[refresh_token] = code.grant
        if world.settings.testing:
            answer["refresh_token_expires_in"] = TESTING_LIFETIME_SECONDS
    return json_response(answer)


def _token_answer(world: "World", grant: Grant) -> dict[str, Any]:
    lifetime = world.settings.token_lifetime
    access_token = world.tokens.issue(grant, lifetime)
    answer = {
        "access_token": access_token,
        "expires_in": lifetime,
        "scope": " ".join(grant.scopes),
        "token_type": "Bearer",
    }
    if "openid" in grant.scopes:
        answer["id_token"] = id_token(grant.account, grant.client_id, access_token, lifetime)
    return answer
