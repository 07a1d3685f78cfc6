"""The admin's refresh token, as Secret Manager holds it."""

from dataclasses import dataclass, field

import google_crc32c
import requests
from google.api_core import exceptions as api
from google.auth import exceptions as auth
from google.auth.credentials import AnonymousCredentials
from google.cloud.secretmanager_v1.services.secret_manager_service import (
    SecretManagerServiceClient,
)
from google.protobuf.json_format import ParseError

from shared import log
from shared.deadline import Deadline, retrying
from shared.errors import Misconfigured, ServiceError, StoreUnavailable
from shared.google.project import project_id
from shared.once import once
from shared.settings import Settings


@dataclass(frozen=True)
class RefreshToken:
    """A refresh token and the secret version it was read from."""

    version: str
    value: str = field(repr=False)


class TokenSecret:
    """Reads the latest version of the secret `REFRESH_TOKEN_SECRET`.

    Over REST: one call per instance does not earn a gRPC channel, which moreover must not
    be there before a fork.
    """

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.refresh_token_secret
        self._name = f"projects/{project_id(settings)}/secrets/{self._secret}/versions/latest"
        self._client = once(lambda: _client(settings.google_emulator_url))

    def latest(self, deadline: Deadline) -> RefreshToken:
        """The token that was stored last.

        Raises Misconfigured (no such secret, no right to read it, disabled, empty) or
        StoreUnavailable (no answer in time, a damaged answer).
        """
        return retrying(self._access, deadline, lambda error: isinstance(error, StoreUnavailable))

    def _access(self, deadline: Deadline) -> RefreshToken:
        log.count("secret_manager")
        try:
            # The library's own retry and timeout add up to a minute: neither is used.
            answer = self._client().access_secret_version(
                name=self._name, retry=None, timeout=max(deadline.left(), 0.001)
            )
        except (api.GoogleAPIError, auth.GoogleAuthError, requests.RequestException) as error:
            raise self._translated(error) from error
        except (ParseError, TypeError, AttributeError) as error:
            # The library stumbles over an answer that is not in Google's form.
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
            (auth.DefaultCredentialsError, "cannot be read: no credentials in the environment"),
        ):
            if isinstance(error, kind):
                return Misconfigured(details=[f"secret {self._secret} {meaning}"])
        return StoreUnavailable(f"secret {self._secret}: {type(error).__name__}")


def _client(emulator_url: str | None) -> SecretManagerServiceClient:
    if emulator_url is None:
        return SecretManagerServiceClient(transport="rest")
    return SecretManagerServiceClient(
        transport="rest",
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": emulator_url},
    )
