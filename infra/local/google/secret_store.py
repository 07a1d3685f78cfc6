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
    """Versions by project and secret, the first of them number 1. Until told otherwise every
    project has the same secrets."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], list[SecretVersion]] = {}
        self._everywhere: Mapping[str, str] = {
            defaults.REFRESH_TOKEN_SECRET: defaults.REFRESH_TOKEN,
            defaults.CLIENT_SECRET_SECRET: defaults.CLIENT_SECRET,
        }

    def versions(self, project: str, secret: str) -> list[SecretVersion]:
        """Raises RpcError (NOT_FOUND)."""
        key = (project, secret)
        if key not in self._held:
            if secret not in self._everywhere:
                message = f"Secret [projects/{project}/secrets/{secret}] not found."
                raise RpcError(404, "NOT_FOUND", message)
            self._held[key] = [SecretVersion(self._everywhere[secret].encode())]
        return self._held[key]

    def add_version(self, project: str, secret: str, payload: str) -> None:
        """Adds a version, and the secret if there is none."""
        if secret not in self._everywhere:
            self._held.setdefault((project, secret), [])
        self.versions(project, secret).append(SecretVersion(payload.encode()))

    def replace(self, projects: Mapping[str, Mapping[str, list[str]]]) -> None:
        """Holds exactly these: per project and secret the payloads of its versions."""
        self._everywhere = {}
        self._held = {
            (project, name): [SecretVersion(text.encode()) for text in payloads]
            for project, secrets in projects.items()
            for name, payloads in secrets.items()
        }

    def as_json(self) -> list[dict[str, Any]]:
        return [
            {
                "project": project,
                "secret": name,
                "versions": [
                    {"payload": version.payload.decode("utf-8", "replace"), "state": version.state}
                    for version in versions
                ],
            }
            for (project, name), versions in self._held.items()
        ]
