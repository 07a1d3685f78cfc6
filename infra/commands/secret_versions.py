"""Manages the versions of the project's secrets: list, read, add, disable."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import google_crc32c
import requests
from google.api_core import exceptions as api
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud.secretmanager_v1.services.secret_manager_service import (
    SecretManagerServiceClient,
)
from google.cloud.secretmanager_v1.types import SecretPayload, SecretVersion

from infra.commands.configuration import Configuration
from infra.commands.cures import unusable
from infra.commands.unusable import Unusable
from shared.deadline import Deadline
from shared.errors import Misconfigured, StoreUnavailable
from shared.google.project import project_id
from shared.google.token_secret import TokenSecret
from shared.settings import Settings

CLIENT_SECRET = "calendar-client-secret"
"""The secret that holds the OAuth client's secret for deployment, without a prefix."""
MERCADO_PAGO_SECRETS = ("mercado-pago-access-token", "mercado-pago-webhook-secret")
"""Those that the webhook is deployed with, likewise."""

_CALL_SECONDS = 20


def with_client_secret(given: Configuration) -> Settings:
    """The settings with the client secret, read from Secret Manager if missing. Raises
    Unusable."""
    if given.settings.auth_google_secret:
        return given.settings
    secret = SecretVersions(given.settings, given.named(CLIENT_SECRET))
    value, _ = secret.in_use("infra/project.sh")
    return replace(given.settings, auth_google_secret=value)


@dataclass(frozen=True)
class Version:
    """A version of a secret, without its value."""

    number: int
    is_enabled: bool
    created_at: datetime


class SecretVersions:
    """A secret of the project. The constructor and every method raise Unusable, or Misconfigured
    if the project is unknown."""

    def __init__(self, settings: Settings, secret: str) -> None:
        base = settings.google_emulator_url
        self.project = project_id(settings)
        self.secret = secret
        self._settings = replace(settings, refresh_token_secret=secret)
        self._name = f"projects/{self.project}/secrets/{secret}"
        with self._translated("reached", "secretAccessor"):
            self._client = SecretManagerServiceClient(
                transport="rest",
                credentials=AnonymousCredentials() if base else None,  # type: ignore[no-untyped-call]
                client_options={"api_endpoint": base} if base else None,
            )

    def in_use(self, filled_by: str) -> tuple[str, Version]:
        """The value that the functions read, and its version; `filled_by` is the command that
        stores one."""
        held = self.newest_first()
        if not held:
            raise Unusable(f"the secret {self.secret} is empty", f"run {filled_by}")
        if not held[0].is_enabled:
            raise Unusable(
                f"the newest version ({held[0].number}) of the secret {self.secret} is disabled,"
                " and the functions read the newest one",
                f"run {filled_by}, or gcloud secrets versions enable {held[0].number}"
                f" --secret={self.secret} --project={self.project}",
            )
        return self.latest(), held[0]

    def latest(self) -> str:
        """The value as the functions read it, with their own code."""
        with self._translated("read", "secretAccessor"):
            return TokenSecret(self._settings).latest(Deadline(_CALL_SECONDS))

    def newest_first(self) -> list[Version]:
        """Every version, including destroyed ones."""
        with self._translated("looked at", "viewer"):
            pager = self._client.list_secret_versions(
                request={"parent": self._name}, retry=None, timeout=_CALL_SECONDS
            )
            versions = [_version(each) for each in pager]
        return sorted(versions, key=lambda version: version.number, reverse=True)

    def add(self, value: str) -> int:
        """Stores a value as the newest version, the one in use, and returns its number."""
        data = value.encode()
        payload = SecretPayload(data=data, data_crc32c=google_crc32c.value(data))
        with self._translated("added to", "secretVersionManager"):
            added = self._client.add_secret_version(
                parent=self._name, payload=payload, retry=None, timeout=_CALL_SECONDS
            )
        return _version(added).number

    def disable(self, number: int) -> None:
        with self._translated(f"changed (version {number})", "secretVersionManager"):
            self._client.disable_secret_version(
                name=f"{self._name}/versions/{number}", retry=None, timeout=_CALL_SECONDS
            )

    def disabling_command(self, number: int) -> str:
        """The command to do by hand what `disable` does."""
        return (
            f"gcloud secrets versions disable {number} --secret={self.secret}"
            f" --project={self.project}"
        )

    @contextmanager
    def _translated(self, verb: str, role: str) -> Iterator[None]:
        """Translates the client's errors to Unusable. `verb` completes "may not be ..."."""
        try:
            yield
        except (
            api.GoogleAPIError, GoogleAuthError, requests.RequestException,
            Misconfigured, StoreUnavailable,
        ) as error:  # fmt: skip
            names = {"secret": self.secret, "project": self.project, "verb": verb, "role": role}
            raise unusable("secret", error, **names) from error


def _version(answer: SecretVersion) -> Version:
    return Version(
        number=int(answer.name.rpartition("/")[2]),
        is_enabled=answer.state == SecretVersion.State.ENABLED,
        created_at=datetime.fromtimestamp(answer.create_time.timestamp()).astimezone(),
    )
