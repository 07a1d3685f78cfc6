"""The admin's authorisation: refresh token in Secret Manager -> access token for the Calendar.

An instance has one `GoogleCredentials`, which shares one access token among all requests.
Whenever that expires, hourly, the stored refresh token is read again, so that a newer one is
picked up automatically.
"""

from dataclasses import dataclass

from shared import clock
from shared.deadline import Deadline, retrying
from shared.errors import (
    CalendarUnavailable,
    ReauthorizationRequired,
    ServiceError,
    StoreUnavailable,
)
from shared.google.token_endpoint import AccessToken, TokenDead, refresh
from shared.google.token_secret import RefreshToken, TokenSecret
from shared.settings import Settings
from shared.single_flight import SingleFlight

DEAD_TOKEN_SECONDS = 60.0
"""How long a token that Google called dead is not tried again, unless the secret changes."""
ASK_SECRET_SECONDS = 5.0
"""The shortest interval between checks whether the secret has changed."""
PREPARED_SECONDS = 0.5
"""How long any other failure is shared: with the call that the token was prepared for."""
_DEAD = "Google refuses the refresh token; the admin must authorise: python infra/authorize.py"


@dataclass(frozen=True)
class _Grant:
    """An access token and the refresh token that it was obtained with."""

    refresh_token: RefreshToken
    access_token: AccessToken


@dataclass(frozen=True)
class _Death:
    """The version of the secret that Google called dead, and when (monotonic seconds)."""

    version: str
    at: float


class GoogleCredentials:
    """Access tokens for the admin's account; safe for all threads of an instance."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._secret = TokenSecret(settings)
        self._renewal = SingleFlight(self._renew, _remembered_seconds)
        self._asks_secret = False
        self._discarded: str | None = None
        self._death: _Death | None = None

    def access_token(self, deadline: Deadline) -> str:
        """A valid access token.

        Raises ReauthorizationRequired, Misconfigured, StoreUnavailable (Secret Manager) or
        CalendarUnavailable (the token endpoint) by `deadline`.
        """
        grant = self._usable()
        if grant is None:
            grant = self._renewed(deadline)
        elif not grant.access_token.is_fresh:  # still valid for minutes: nobody waits
            self._renewal.join(deadline)
        return grant.access_token.value

    def prepare(self, deadline: Deadline) -> None:
        """Starts fetching an access token if there is none, without waiting for it."""
        if self._usable() is None:
            self._renewal.join(deadline)

    def discard(self, access_token: str) -> None:
        """Discards an access token that the Calendar rejected."""
        grant = self._renewal.latest
        if grant and grant.access_token.value == access_token:
            self._discarded = access_token

    def _usable(self) -> _Grant | None:
        """The latest grant, if its access token is valid."""
        grant = self._renewal.latest
        if grant is None or grant.access_token.value == self._discarded:
            return None
        return grant if grant.access_token.is_valid else None

    def _renewed(self, deadline: Deadline) -> _Grant:
        try:
            return self._renewal.result(deadline)
        except TimeoutError as error:
            if self._asks_secret:
                raise StoreUnavailable("Secret Manager does not answer in time") from error
            raise CalendarUnavailable("the token endpoint does not answer in time") from error

    def _renew(self, deadline: Deadline) -> _Grant:
        grant = self._usable()
        if grant and grant.access_token.is_fresh:  # another flight has just renewed it
            return grant
        token = self._stored_token(deadline)
        if self._is_dead(token):
            raise ReauthorizationRequired(_DEAD)
        try:
            access_token = retrying(
                lambda attempt: refresh(self._settings, token.value, attempt),
                deadline,
                CalendarUnavailable,
            )
        except TokenDead:
            self._death = _Death(token.version, clock.monotonic())
            raise ReauthorizationRequired(_DEAD) from None
        return _Grant(token, access_token)

    def _stored_token(self, deadline: Deadline) -> RefreshToken:
        """The refresh token now stored or, while Secret Manager is down, the one in use."""
        grant = self._renewal.latest
        self._asks_secret = True
        try:
            return self._secret.latest(Deadline(deadline.call_timeout()))
        except StoreUnavailable:
            if grant is None or self._is_dead(grant.refresh_token):
                raise
            return grant.refresh_token
        finally:
            self._asks_secret = False

    def _is_dead(self, token: RefreshToken) -> bool:
        death = self._death
        if death is None or death.version != token.version:
            return False
        return clock.monotonic() - death.at < DEAD_TOKEN_SECONDS


def _remembered_seconds(failure: ServiceError) -> float:
    return ASK_SECRET_SECONDS if isinstance(failure, ReauthorizationRequired) else PREPARED_SECONDS
