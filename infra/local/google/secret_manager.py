"""Secret Manager's REST face."""

import base64
from typing import Any

import google_crc32c

from infra.local.google.errors import RpcError
from infra.local.google.secret_store import SecretVersion
from infra.local.google.state import Google
from infra.local.stand_in.operations import Call
from infra.local.wire import Response, json_response


def access(google: Google, call: Call) -> Response:
    name, version = _version(google, call)
    if version.state != "ENABLED":
        message = f"Secret Version [{name}] is in {version.state} state."
        raise RpcError(400, "FAILED_PRECONDITION", message)
    data = base64.b64encode(version.payload).decode()
    checksum = str(google_crc32c.value(version.payload))
    return json_response({"name": name, "payload": {"data": data, "dataCrc32c": checksum}})


def add_version(google: Google, call: Call) -> Response:
    version = SecretVersion(_payload(call.json))
    versions = _versions(google, call)
    versions.append(version)
    return json_response(_described(_name(call, len(versions)), version))


def disable(google: Google, call: Call) -> Response:
    name, version = _version(google, call)
    version.state = "DISABLED"
    return json_response(_described(name, version))


def list_versions(google: Google, call: Call) -> Response:
    """All versions, newest first, on one page."""
    numbered = list(enumerate(_versions(google, call), 1))
    described = [_described(_name(call, number), version) for number, version in numbered]
    return json_response({"versions": described[::-1], "totalSize": len(described)})


def _payload(body: Any) -> bytes:
    try:
        payload = base64.b64decode(body["payload"]["data"], validate=True)
        checksum = body["payload"].get("dataCrc32c")
    except (KeyError, TypeError, ValueError):
        raise RpcError(400, "INVALID_ARGUMENT", "payload.data is missing or not base64.") from None
    if checksum is not None and int(checksum) != google_crc32c.value(payload):
        raise RpcError(400, "INVALID_ARGUMENT", "The payload does not match its checksum.")
    return payload


def _versions(google: Google, call: Call) -> list[SecretVersion]:
    return google.secrets.versions(call.args["project"], call.args["secret"])


def _version(google: Google, call: Call) -> tuple[str, SecretVersion]:
    """Its full name, and it."""
    versions, wanted = _versions(google, call), call.args["version"]
    if wanted == "latest":
        wanted = str(len(versions))
    if not wanted.isdecimal() or not 1 <= int(wanted) <= len(versions):
        name = _name(call, call.args["version"])
        raise RpcError(404, "NOT_FOUND", f"Secret Version [{name}] not found.")
    return _name(call, wanted), versions[int(wanted) - 1]


def _name(call: Call, number: int | str) -> str:
    return f"projects/{call.args['project']}/secrets/{call.args['secret']}/versions/{number}"


def _described(name: str, version: SecretVersion) -> dict[str, Any]:
    return {"name": name, "createTime": version.create_time, "state": version.state}
