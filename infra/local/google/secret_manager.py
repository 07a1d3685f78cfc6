"""Secret Manager's REST face."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import google_crc32c

from . import defaults
from .errors import RpcError
from .wire import Response, json_response

if TYPE_CHECKING:
    from .world import Call, World

Key = tuple[str, str]


@dataclass
class Version:
    payload: bytes
    state: str = "ENABLED"
    create_time: str = field(default_factory=lambda: datetime.now(UTC).isoformat())


@dataclass
class Secret:
    """A secret and its versions, the first of them number 1."""

    versions: list[Version] = field(default_factory=list)


class Secrets:
    """The secrets of all projects; until told otherwise every project has the same ones."""

    def __init__(self) -> None:
        self._held: dict[Key, Secret] = {}
        self._everywhere: Mapping[str, bytes] = {
            defaults.REFRESH_TOKEN_SECRET: defaults.REFRESH_TOKEN.encode(),
            defaults.CLIENT_SECRET_SECRET: defaults.CLIENT_SECRET.encode(),
        }

    def find(self, project: str, name: str) -> Secret:
        """Raises RpcError (NOT_FOUND)."""
        if (project, name) not in self._held and name in self._everywhere:
            self._held[project, name] = Secret([Version(self._everywhere[name])])
        if (project, name) not in self._held:
            message = f"Secret [projects/{project}/secrets/{name}] not found."
            raise RpcError(404, "NOT_FOUND", message)
        return self._held[project, name]

    def add_version(self, project: str, secret: str, payload: str) -> None:
        """Adds a version, and the secret if there is none."""
        if secret not in self._everywhere:
            self._held.setdefault((project, secret), Secret())
        self.find(project, secret).versions.append(Version(payload.encode()))

    def replace(self, projects: Mapping[str, Mapping[str, list[str]]]) -> None:
        """Holds exactly these: per project and secret the payloads of its versions."""
        self._everywhere = {}
        self._held = {
            (project, name): Secret([Version(text.encode()) for text in payloads])
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
                    for version in secret.versions
                ],
            }
            for (project, name), secret in self._held.items()
        ]


def access(world: "World", call: "Call") -> Response:
    with world.lock:
        number, version = _version(world, call)
        if version.state != "ENABLED":
            message = f"Secret Version [{_version_name(call, number)}] is in {version.state} state."
            raise RpcError(400, "FAILED_PRECONDITION", message)
        payload = version.payload
    data = base64.b64encode(payload).decode()
    checksum = str(google_crc32c.value(payload))
    name = _version_name(call, number)
    return json_response({"name": name, "payload": {"data": data, "dataCrc32c": checksum}})


def add_version(world: "World", call: "Call") -> Response:
    payload = _payload(call.json)
    with world.lock:
        secret = _secret(world, call)
        secret.versions.append(Version(payload))
        return json_response(_described(call, len(secret.versions), secret.versions[-1]))


def disable(world: "World", call: "Call") -> Response:
    with world.lock:
        number, version = _version(world, call)
        version.state = "DISABLED"
        return json_response(_described(call, number, version))


def list_versions(world: "World", call: "Call") -> Response:
    """All versions, newest first, on one page."""
    with world.lock:
        versions = list(enumerate(_secret(world, call).versions, 1))
    described = [_described(call, number, version) for number, version in reversed(versions)]
    return json_response({"versions": described, "totalSize": len(described)})


def _payload(body: Any) -> bytes:
    try:
        payload = base64.b64decode(body["payload"]["data"], validate=True)
        checksum = body["payload"].get("dataCrc32c")
    except (KeyError, TypeError, ValueError):
        raise RpcError(400, "INVALID_ARGUMENT", "payload.data is missing or not base64.") from None
    if checksum is not None and int(checksum) != google_crc32c.value(payload):
        raise RpcError(400, "INVALID_ARGUMENT", "The payload does not match its checksum.")
    return payload


def _secret(world: "World", call: "Call") -> Secret:
    name = call.args["secret"]
    if name in world.settings.denied_secrets:
        message = f"Permission denied on resource 'secrets/{name}' (or it may not exist)."
        raise RpcError(403, "PERMISSION_DENIED", message)
    return world.secrets.find(call.args["project"], name)


def _version(world: "World", call: "Call") -> tuple[int, Version]:
    versions, wanted = _secret(world, call).versions, call.args["version"]
    if wanted == "latest":
        wanted = str(len(versions))
    if not wanted.isdecimal() or not 1 <= int(wanted) <= len(versions):
        name = _version_name(call, call.args["version"])
        raise RpcError(404, "NOT_FOUND", f"Secret Version [{name}] not found.")
    return int(wanted), versions[int(wanted) - 1]


def _version_name(call: "Call", number: int | str) -> str:
    return f"projects/{call.args['project']}/secrets/{call.args['secret']}/versions/{number}"


def _described(call: "Call", number: int, version: Version) -> dict[str, Any]:
    return {
        "name": _version_name(call, number),
        "createTime": version.create_time,
        "state": version.state,
    }
