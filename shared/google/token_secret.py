"""The admin's refresh token in Secret Manager.

Called over REST by ourselves: every module of its client library imports gRPC, which doubles a
listing's imports and takes a quarter of its memory, for one call an hour.
https://docs.cloud.google.com/secret-manager/docs/reference/rest
"""

import base64
from dataclasses import dataclass, field

import google_crc32c
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError

from shared import json_object, log
from shared.deadline import Deadline, retrying
from shared.errors import Misconfigured, ServiceError, StoreUnavailable
from shared.google.bounded_http import AnswerLost, NotSent, exchange
from shared.google.project import client_of, project_id
from shared.google.service_account import authorization, environment_credentials
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
        self._caller = client_of("Secret Manager", lambda: _caller(settings))

    def latest(self, deadline: Deadline) -> RefreshToken:
        """The most recently stored token.

        Raises Misconfigured (no such secret, no right to read it, disabled, empty) or
        StoreUnavailable (no answer in time, a damaged answer).
        """
        return retrying(self._access, deadline, StoreUnavailable)

    def _access(self, deadline: Deadline) -> RefreshToken:
        project, credentials = self._caller(deadline)
        name = f"projects/{project}/secrets/{self._secret}/versions/latest"
        log.count("secret_manager")
        try:
            headers = authorization(credentials, deadline) if credentials else {}
            uri = f"{self._base}/v1/{name}:access"
            response, content = exchange(deadline, uri, "GET", None, headers)
        except (NotSent, AnswerLost, GoogleAuthError) as error:
            raise StoreUnavailable(f"secret {self._secret}: {type(error).__name__}") from error
        if response.status != 200:
            raise self._refusal(response.status)
        return self._token(content)

    def _refusal(self, status: int) -> ServiceError:
        if meaning := _MISCONFIGURED.get(status):
            return Misconfigured(details=[f"secret {self._secret} {meaning}"])
        return StoreUnavailable(f"secret {self._secret}: answered {status}")

    def _token(self, content: bytes) -> RefreshToken:
        answer = json_object.parse(content) or {}
        try:
            payload, version = answer["payload"], answer["name"].rpartition("/")[2]
            data = base64.b64decode(payload.get("data", ""), validate=True)
            checksum = int(payload["dataCrc32c"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreUnavailable(f"secret {self._secret}: unreadable answer") from error
        if google_crc32c.value(data) != checksum:
            raise StoreUnavailable(f"secret {self._secret}: checksum does not match")
        try:
            value = data.decode("ascii").strip()
        except UnicodeDecodeError:
            value = ""
        if not value:
            raise Misconfigured(details=[f"secret {self._secret} holds no token"])
        return RefreshToken(version, value)


def _caller(settings: Settings) -> tuple[str, Credentials | None]:
    """The project, and the credentials to call Secret Manager with; the stand-in needs none."""
    is_stand_in = settings.google_emulator_url is not None
    return project_id(settings), None if is_stand_in else environment_credentials()
