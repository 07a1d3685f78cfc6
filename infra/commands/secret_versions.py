"""Manages the versions of the project's secrets: list, read, add, disable.

https://docs.cloud.google.com/secret-manager/docs/reference/rest
"""

import base64
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from google.auth.exceptions import GoogleAuthError

from infra.commands.configuration import Configuration
from infra.commands.cures import unusable
from infra.commands.unusable import Unusable
from shared import json_object
from shared.deadline import Deadline
from shared.errors import Misconfigured, StoreUnavailable
from shared.google.bounded_http import AnswerLost, NotSent, exchange
from shared.google.project import Caller, project_id
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
        self.project = project_id(settings)
        self.secret = secret
        self._settings = replace(settings, refresh_token_secret=secret)

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
        try:
            return TokenSecret(self._settings).latest(Deadline(_CALL_SECONDS))
        except (Misconfigured, StoreUnavailable) as error:
            raise self._unusable(error, "read", "secretAccessor") from error

    def newest_first(self) -> list[Version]:
        """Every version, including destroyed ones."""
        listed = self._call("GET", "/versions?pageSize=25000", "looked at", "viewer")
        versions = map(_version, listed.get("versions", ()))
        return sorted(versions, key=lambda version: version.number, reverse=True)

    def add(self, value: str) -> int:
        """Stores a value as the newest version, the one in use, and returns its number."""
        payload = {"data": base64.b64encode(value.encode()).decode()}
        role = "secretVersionManager"
        added = self._call("POST", ":addVersion", "added to", role, {"payload": payload})
        return _version(added).number

    def disable(self, number: int) -> None:
        verb, role = f"changed (version {number})", "secretVersionManager"
        self._call("POST", f"/versions/{number}:disable", verb, role, {})

    def disabling_command(self, number: int) -> str:
        """The command to do by hand what `disable` does."""
        return (
            f"gcloud secrets versions disable {number} --secret={self.secret}"
            f" --project={self.project}"
        )

    def _call(self, method: str, path: str, verb: str, role: str, body: object = None) -> Any:
        """The answer; `verb` completes "may not be ..."."""
        stand_in, deadline = self._settings.google_emulator_url, Deadline(_CALL_SECONDS)
        root = f"{stand_in or 'https://secretmanager.googleapis.com'}/v1/projects/{self.project}"
        content = None if body is None else json.dumps(body)
        try:
            headers = Caller(self._settings, stand_in, deadline).authorization(deadline)
            headers["Content-Type"] = "application/json"
            url = f"{root}/secrets/{self.secret}{path}"
            answer = exchange(deadline, url, method, content, headers)
        except (GoogleAuthError, NotSent, AnswerLost, Misconfigured, StoreUnavailable) as error:
            raise self._unusable(error, verb, role) from error
        if answer.status != 200:
            raise self._unusable(str(answer.status), verb, role)
        return json_object.parse(answer.data) or {}

    def _unusable(self, said: str | Exception, verb: str, role: str) -> Unusable:
        names = {"secret": self.secret, "project": self.project, "verb": verb, "role": role}
        return unusable("secret", said, **names)


def _version(answer: dict[str, Any]) -> Version:
    return Version(
        number=int(answer["name"].rpartition("/")[2]),
        is_enabled=answer["state"] == "ENABLED",
        created_at=datetime.fromisoformat(answer["createTime"]).astimezone(),
    )
