"""The secrets that the stand-in's Secret Manager holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from infra.local.google import defaults
from infra.local.google.errors import RpcError


@dataclass
class SecretVersion:
    payload: bytes
    state: str = "ENABLED"
    create_time: str = field(default_factory=lambda: datetime.now(UTC).isoformat())


class SecretStore:
    """Versions by secret, the first of them number 1. They are in every project, until they are
    replaced by those of one."""

    def __init__(self) -> None:
        self._project: str | None = None
        self.held = {
            defaults.REFRESH_TOKEN_SECRET: [SecretVersion(defaults.REFRESH_TOKEN.encode())],
            defaults.CLIENT_SECRET_SECRET: [SecretVersion(defaults.CLIENT_SECRET.encode())],
        }

    def versions(self, project: str, secret: str) -> list[SecretVersion]:
        """Raises RpcError (NOT_FOUND)."""
        if secret not in self.held or self._project not in (None, project):
            message = f"Secret [projects/{project}/secrets/{secret}] not found."
            raise RpcError(404, "NOT_FOUND", message)
        return self.held[secret]

    def add_version(self, secret: str, payload: str) -> None:
        """Adds a version, and the secret if there is none."""
        self.held.setdefault(secret, []).append(SecretVersion(payload.encode()))

    def replace(self, project: str, secrets: Mapping[str, list[str]]) -> None:
        """Holds exactly these: the payloads of each secret's versions."""
        self._project = project
        self.held = {
            secret: [SecretVersion(text.encode()) for text in payloads]
            for secret, payloads in secrets.items()
        }

    def as_json(self) -> dict[str, list[dict[str, Any]]]:
        return {
            secret: [
                {"payload": version.payload.decode("utf-8", "replace"), "state": version.state}
                for version in versions
            ]
            for secret, versions in self.held.items()
        }
