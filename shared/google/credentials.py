"""The admin's authorisation: refresh token in Secret Manager -> access token for the Calendar.

One `GoogleCredentials` serves an instance and shares one access token among all requests.
Each time that one runs out, hourly, the stored refresh token is read again, so that a newer
one is taken up by itself. One thread at a time talks to Secret Manager and the token
endpoint; the others wait for its outcome within their budget.
"""

import contextvars
import threading
from concurrent.futures import Future
from dataclasses import dataclass

from google.auth.credentials import TokenState
from google.oauth2.credentials import Credentials

from shared import clock
from shared.deadline import Deadline, retrying
from shared.errors import (
    CalendarUnavailable,
    ReauthorizationRequired,
    StoreUnavailable,
)
from shared.google.token_endpoint import TokenDead, refresh, token_uri
from shared.google.token_secret import RefreshToken, TokenSecret
from shared.once import once
from shared.settings import Settings

DEAD_TOKEN_SECONDS = 60.0
"""A token that Google called dead is not tried again for so long, unless the secret changes."""
ASK_SECRET_SECONDS = 5.0
"""Whether the secret has changed since is asked no more often than this."""
_DEAD = "Google refuses the refresh token; the admin must authorise: python infra/authorize.py"


@dataclass
class _Death:
    version: str
    at: float
    asked_at: float


class GoogleCredentials:
    """Access tokens of the admin's account, for all threads of an instance."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._secret = once(lambda: TokenSecret(settings))
        self._lock = threading.Lock()
        self._renewal: Future[str] | None = None
        self._refresh_token: RefreshToken | None = None
        self._credentials: Credentials | None = None
        self._death: _Death | None = None
        self._asks_secret = False

    def access_token(self, deadline: Deadline) -> str:
        """A valid access token.

        Raises ReauthorizationRequired, Misconfigured, StoreUnavailable (Secret Manager) or
        CalendarUnavailable (the token endpoint) by `deadline`.
        """
        credentials = self._credentials
        state = credentials.token_state if credentials else TokenState.INVALID
        if credentials and state is TokenState.FRESH:
            return str(credentials.token)
        try:
            return self._renewed(deadline)
        except (CalendarUnavailable, StoreUnavailable):
            if credentials and state is TokenState.STALE:  # still good for some minutes
                return str(credentials.token)
            raise

    def prepare(self, deadline: Deadline) -> None:
        """Starts to fetch an access token, if there is none, without waiting for it."""
        if self._credentials is None:
            self._begin_renewal(deadline)

    def discard(self, access_token: str) -> None:
        """Forgets an access token that the Calendar did not accept."""
        with self._lock:
            if self._credentials and self._credentials.token == access_token:
                self._credentials = None

    def _renewed(self, deadline: Deadline) -> str:
        renewal = self._begin_renewal(deadline)
        try:
            return renewal.result(timeout=max(deadline.left(), 0))
        except TimeoutError as error:
            if self._asks_secret:
                raise StoreUnavailable("Secret Manager does not answer in time") from error
            raise CalendarUnavailable("the token endpoint does not answer in time") from error

    def _begin_renewal(self, deadline: Deadline) -> Future[str]:
        """The renewal under way, or a new one in a thread of its own, so that whoever waits,
        the one who began it too, stops waiting at his own deadline whatever it does."""
        with self._lock:
            if self._renewal is None:
                self._renewal = Future()
                context = contextvars.copy_context()
                arguments = (self._renew_into, self._renewal, deadline)
                threading.Thread(target=context.run, args=arguments, daemon=True).start()
            return self._renewal

    def _renew_into(self, renewal: Future[str], deadline: Deadline) -> None:
        outcome: str | BaseException
        try:
            outcome = self._renew(deadline)
        except BaseException as error:
            outcome = error
        with self._lock:
            self._renewal = None
        if isinstance(outcome, str):
            renewal.set_result(outcome)
        else:
            renewal.set_exception(outcome)

    def _renew(self, deadline: Deadline) -> str:
        credentials = self._credentials
        if credentials and credentials.token_state is TokenState.FRESH:  # by another, just now
            return str(credentials.token)
        token = self._latest_refresh_token(deadline)
        try:
            return self._refresh(token, deadline)
        except TokenDead:
            now = clock.monotonic()
            self._refresh_token, self._death = None, _Death(token.version, now, now)
            raise ReauthorizationRequired(_DEAD) from None

    def _latest_refresh_token(self, deadline: Deadline) -> RefreshToken:
        """The token that is stored now, or the one in use while Secret Manager is down. Raises
        ReauthorizationRequired if it is known to be dead."""
        death, now = self._death, clock.monotonic()
        refusal = ReauthorizationRequired(_DEAD)
        if death and now - death.asked_at < ASK_SECRET_SECONDS:
            raise refusal
        self._asks_secret = True
        try:
            latest = self._secret().latest(Deadline(deadline.call_timeout()))
        except StoreUnavailable:
            if self._refresh_token is None:
                raise
            return self._refresh_token
        finally:
            self._asks_secret = False
        if death:
            death.asked_at = now
            if latest.version == death.version and now - death.at < DEAD_TOKEN_SECONDS:
                raise refusal
        return latest

    def _refresh(self, token: RefreshToken, deadline: Deadline) -> str:
        credentials = Credentials(  # type: ignore[no-untyped-call]
            None,
            refresh_token=token.value,
            token_uri=token_uri(self._settings),
            client_id=self._settings.auth_google_id,
            client_secret=self._settings.auth_google_secret,
        )
        retrying(
            lambda attempt: refresh(credentials, attempt),
            deadline,
            lambda error: isinstance(error, CalendarUnavailable),
        )
        self._refresh_token, self._credentials, self._death = token, credentials, None
        return str(credentials.token)
