"""The admin's refresh token in Secret Manager.

Called over REST by ourselves: every module of its client library imports gRPC, which doubles a
listing's imports and takes a quarter of its memory, for one call an hour.
https://docs.cloud.google.com/secret-manager/docs/reference/rest
"""

import base64
from typing import Any

from google.auth.exceptions import GoogleAuthError

from shared import json_object, log
from shared.deadline import Deadline, retrying
from shared.errors import Misconfigured, StoreUnavailable
from shared.google.bounded_http import AnswerLost, NotSent, exchange
from shared.google.project import Caller
from shared.settings import Settings

_MISCONFIGURED = {
    400: "has no usable latest version (disabled or destroyed)",
    401: "may not be read: this service account is not accepted",
    403: "may not be read by this service account",
    404: "does not exist or has no version",
}


class TokenSecret:
    """Reads the latest version of the secret `REFRESH_TOKEN_SECRET`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._caller: Caller | None = None

    def latest(self, deadline: Deadline) -> str:
        """The most recently stored token.

        Raises Misconfigured (no such secret, no right to read it, disabled, empty) or
        StoreUnavailable (no answer in time, a damaged answer).
        """
        return retrying(self._access, deadline, StoreUnavailable)

    def _access(self, deadline: Deadline) -> str:
        secret, stand_in = self._settings.refresh_token_secret, self._settings.google_emulator_url
        self._caller = self._caller or Caller(self._settings, stand_in, deadline)
        service = f"{stand_in or 'https://secretmanager.googleapis.com'}/v1"
        uri = f"{service}/projects/{self._caller.project}/secrets/{secret}/versions/latest:access"
        log.count("secret_manager")
        try:
            headers = self._caller.authorization(deadline)
            answer = exchange(deadline, uri, "GET", None, headers)
        except (NotSent, AnswerLost, GoogleAuthError) as error:
            raise StoreUnavailable(f"secret {secret}: {type(error).__name__}") from error
        if meaning := _MISCONFIGURED.get(answer.status):
            raise Misconfigured(details=[f"secret {secret} {meaning}"])
        if answer.status != 200:
            raise StoreUnavailable(f"secret {secret}: answered {answer.status}")
        payload: Any = (json_object.parse(answer.data) or {}).get("payload")
        try:
            data = base64.b64decode(payload.get("data", ""), validate=True)
        except (AttributeError, TypeError, ValueError) as error:
            raise StoreUnavailable(f"secret {secret}: unreadable answer") from error
        value = data.decode(errors="replace").strip()
        if not value:
            raise Misconfigured(details=[f"secret {secret} holds no token"])
        return value
