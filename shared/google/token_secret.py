"""The admin's refresh token in Secret Manager.

Called over REST by ourselves: every module of its client library imports gRPC, which doubles a
listing's imports and takes a quarter of its memory, for one call an hour.
https://docs.cloud.google.com/secret-manager/docs/reference/rest
"""

import base64
from dataclasses import dataclass, field
from functools import partial

from google.auth.exceptions import GoogleAuthError

from shared import json_object, log
from shared.deadline import Deadline, retrying
from shared.errors import Misconfigured, StoreUnavailable
from shared.google.bounded_http import AnswerLost, NotSent, exchange
from shared.google.project import Caller, client_of
from shared.settings import Settings

_MISCONFIGURED = {
    400: "has no usable latest version (disabled or destroyed)",
    401: "may not be read: this service account is not accepted",
    403: "may not be read by this service account",
    404: "does not exist or has no version",
}


@dataclass(frozen=True)
class RefreshToken:
    """A refresh token and the secret version it was read from."""

    version: str
    value: str = field(repr=False)


class TokenSecret:
    """Reads the latest version of the secret `REFRESH_TOKEN_SECRET`."""

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.refresh_token_secret
        self._base = settings.google_emulator_url or "https://secretmanager.googleapis.com"
        self._caller = client_of(
            "Secret Manager", partial(Caller, settings, settings.google_emulator_url)
        )

    def latest(self, deadline: Deadline) -> RefreshToken:
        """The most recently stored token.

        Raises Misconfigured (no such secret, no right to read it, disabled, empty) or
        StoreUnavailable (no answer in time, a damaged answer).
        """
        return retrying(self._access, deadline, StoreUnavailable)

    def _access(self, deadline: Deadline) -> RefreshToken:
        caller = self._caller(deadline)
        name = f"projects/{caller.project}/secrets/{self._secret}/versions/latest"
        log.count("secret_manager")
        try:
            headers = caller.authorization(deadline)
            uri = f"{self._base}/v1/{name}:access"
            answer = exchange(deadline, uri, "GET", None, headers)
        except (NotSent, AnswerLost, GoogleAuthError) as error:
            raise StoreUnavailable(f"secret {self._secret}: {type(error).__name__}") from error
        if meaning := _MISCONFIGURED.get(answer.status):
            raise Misconfigured(details=[f"secret {self._secret} {meaning}"])
        if answer.status != 200:
            raise StoreUnavailable(f"secret {self._secret}: answered {answer.status}")
        return self._token(answer.data)

    def _token(self, content: bytes) -> RefreshToken:
        answer = json_object.parse(content) or {}
        try:
            version = answer["name"].rpartition("/")[2]
            data = base64.b64decode(answer["payload"].get("data", ""), validate=True)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreUnavailable(f"secret {self._secret}: unreadable answer") from error
        value = data.decode(errors="replace").strip()
        if not value:
            raise Misconfigured(details=[f"secret {self._secret} holds no token"])
        return RefreshToken(version, value)
