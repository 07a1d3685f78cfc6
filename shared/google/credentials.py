"""The admin's authorisation: refresh token in Secret Manager -> access token for the Calendar.

An instance has one `GoogleCredentials`, which shares one access token among all requests.
Whenever that expires, hourly, the stored refresh token is read again, so that a newer one is
picked up automatically.
"""

from shared import clock
from shared.concurrency import SingleFlight
from shared.deadline import Deadline, retrying
from shared.errors import (
    CalendarUnavailable,
    ReauthorizationRequired,
    ServiceError,
    StoreUnavailable,
)
from shared.google.token_endpoint import AccessToken, refresh
from shared.google.token_secret import TokenSecret
from shared.settings import Settings

ASK_SECRET_SECONDS = 5.0
"""How long a dead refresh token is not tried again, nor the secret read again."""
PREPARED_SECONDS = 0.5
"""How long any other failure is shared: with the call that the token was prepared for."""


class GoogleCredentials:
    """Access tokens for the admin's account; safe for all threads of an instance."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._secret = TokenSecret(settings)
        self._in_use: str | None = None
        self._renewal = SingleFlight(self._renew, _remembered_seconds)

    def access_token(self, deadline: Deadline) -> str:
        """A valid access token.

        Raises ReauthorizationRequired, Misconfigured, StoreUnavailable (Secret Manager) or
        CalendarUnavailable (the token endpoint) by `deadline`.
        """
        self.prepare(deadline)
        token = self._renewal.latest
        if token and token.is_valid:  # perhaps for a few minutes only: nobody waits
            return token.value
        try:
            return self._renewal.result(deadline).value
        except TimeoutError as error:
            raise CalendarUnavailable("no access token in time") from error

    def prepare(self, deadline: Deadline) -> None:
        """Starts renewing the access token if it expires soon, without waiting for it."""
        token = self._renewal.latest
        if token is None or not token.is_fresh:
            self._renewal.join(deadline)

    def discard(self, access_token: str) -> None:
        """Discards an access token that the Calendar rejected."""
        token = self._renewal.latest
        if token and token.value == access_token:
            token.expires_at = clock.now()

    def _renew(self, deadline: Deadline) -> AccessToken:
        token = self._renewal.latest
        if token and token.is_fresh:  # another flight has just renewed it
            return token
        stored = self._stored(deadline)
        token = retrying(
            lambda attempt: refresh(self._settings, stored, attempt),
            deadline,
            CalendarUnavailable,
        )
        self._in_use = stored
        return token

    def _stored(self, deadline: Deadline) -> str:
        """The refresh token now stored or, while Secret Manager is down, the one in use."""
        try:
            return self._secret.latest(deadline.for_call())
        except StoreUnavailable:
            if self._in_use is None:
                raise
            return self._in_use


def _remembered_seconds(failure: ServiceError) -> float:
    return ASK_SECRET_SECONDS if isinstance(failure, ReauthorizationRequired) else PREPARED_SECONDS
