"""The admin's refresh token in Secret Manager."""

from collections.abc import Callable
from dataclasses import dataclass, field

import google_crc32c
import requests
from google.api_core import exceptions as api
from google.auth import exceptions as auth
from google.auth.credentials import AnonymousCredentials
from google.cloud.secretmanager_v1.services.secret_manager_service import (
    SecretManagerServiceClient,
)
from google.cloud.secretmanager_v1.types import AccessSecretVersionResponse
from google.protobuf.json_format import ParseError

from shared import log
from shared.deadline import Deadline, retrying
from shared.errors import Misconfigured, ServiceError, StoreUnavailable
from shared.google.project import client_of, project_id
from shared.settings import Settings


@dataclass(frozen=True)
class RefreshToken:
    """A refresh token and the secret version it was read from."""

    version: str
    value: str = field(repr=False)


class TokenSecret:
    """Reads the latest version of the secret `REFRESH_TOKEN_SECRET`.

    Over REST: a gRPC channel is not worth it for a call an hour, and must not exist before a
    fork.
    """

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.refresh_token_secret
        self._client = client_of("Secret Manager", lambda: _reader(settings))

    def latest(self, deadline: Deadline) -> RefreshToken:
        """The most recently stored token.

        Raises Misconfigured (no such secret, no right to read it, disabled, empty) or
        StoreUnavailable (no answer in time, a damaged answer).
        """
        return retrying(self._access, deadline, StoreUnavailable)

    def _access(self, deadline: Deadline) -> RefreshToken:
        read = self._client(deadline)
        log.count("secret_manager")
        try:
            answer = read(max(deadline.left(), 0.001))
        except (api.GoogleAPIError, auth.GoogleAuthError, requests.RequestException) as error:
            raise self._translated(error) from error
        except (ParseError, TypeError, AttributeError) as error:
            # What the library raises for a malformed answer.
            raise StoreUnavailable(f"secret {self._secret}: unreadable answer") from error
        data = answer.payload.data
        if google_crc32c.value(data) != answer.payload.data_crc32c:
            raise StoreUnavailable(f"secret {self._secret}: checksum does not match")
        try:
            value = data.decode("ascii").strip()
        except UnicodeDecodeError:
            value = ""
        if not value:
            raise Misconfigured(details=[f"secret {self._secret} holds no token"])
        return RefreshToken(version=answer.name.rpartition("/")[2], value=value)

    def _translated(self, error: Exception) -> ServiceError:
        for kind, meaning in (
            (api.NotFound, "does not exist or has no version"),
            (api.Forbidden, "may not be read by this service account"),
            (api.Unauthorized, "may not be read: this service account is not accepted"),
            (api.BadRequest, "has no usable latest version (disabled or destroyed)"),
        ):
            if isinstance(error, kind):
                return Misconfigured(details=[f"secret {self._secret} {meaning}"])
        return StoreUnavailable(f"secret {self._secret}: {type(error).__name__}")


def _reader(settings: Settings) -> Callable[[float], AccessSecretVersionResponse]:
    """A function that reads the latest version within the given seconds."""
    secret = f"projects/{project_id(settings)}/secrets/{settings.refresh_token_secret}"
    base = settings.google_emulator_url
    client = SecretManagerServiceClient(
        transport="rest",
        credentials=AnonymousCredentials() if base else None,  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": base} if base else None,
    )
    # Overrides the library's own retries and timeout, which add up to a minute.
    return lambda seconds: client.access_secret_version(
        name=f"{secret}/versions/latest", retry=None, timeout=seconds
    )
