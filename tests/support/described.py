"""Holds answers to infra/openapi.yaml."""

from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from tests.support.client import Answer

PATH = Path(__file__).parents[2] / "infra" / "openapi.yaml"
DESCRIPTION: dict[str, Any] = yaml.safe_load(PATH.read_text())
OPERATIONS: dict[str, Any] = {
    method.upper(): operation for method, operation in DESCRIPTION["paths"]["/api/calendar"].items()
}

# The server's own, of any answer.
_SERVER_HEADERS = {"connection", "content-length", "content-type", "date", "server"}

Json = dict[str, Any]


def resolved(node: Json) -> Json:
    """The node, or the component that it refers to."""
    if "$ref" not in node:
        return node
    found: Any = DESCRIPTION
    for key in node["$ref"].removeprefix("#/").split("/"):
        found = found[key]
    return resolved(found)


def response(method: str, status: int | str) -> Json:
    """What is said of an answer."""
    responses = OPERATIONS[method]["responses"]
    assert str(status) in responses, f"{method} is not described as answering {status}"
    return resolved(responses[str(status)])


def examples(method: str, status: int | str) -> dict[str, Any]:
    """The examples of an answer's body, by name."""
    content = response(method, status).get("content", {}).get("application/json", {})
    return {name: example["value"] for name, example in content.get("examples", {}).items()}


@cache
def _validator(method: str, status: int) -> jsonschema_rs.Validator:
    schema = response(method, status)["content"]["application/json"]["schema"]
    whole = {**schema, "components": DESCRIPTION["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def assert_described(method: str, answer: Answer) -> None:
    """Holds status, headers, body, code and words of an answer to the description."""
    described = response(method, answer.status)
    _assert_headers(described.get("headers", {}), answer)
    if method == "HEAD" or "content" not in described:
        assert answer.body == b"", answer
        return
    _validator(method, answer.status).validate(answer.json)
    assert answer.headers["Content-Type"] == "application/json"
    if answer.status >= 400:
        # Only an invalid request is told in words of its own.
        fixed = ("code", "retryable") + (("error",) if answer.status != 400 else ())
        known = [[each[key] for key in fixed] for each in examples(method, answer.status).values()]
        assert [answer.json[key] for key in fixed] in known, answer


def _assert_headers(described: Json, answer: Answer) -> None:
    headers = {name: resolved(header) for name, header in described.items()}
    for name, header in headers.items():
        value: Any = answer.headers[name]
        if value is None:
            assert not header.get("required"), f"{name} is missing: {answer}"
            continue
        value = int(value) if header["schema"]["type"] == "integer" else value
        jsonschema_rs.validate(header["schema"], value)
    known = {name.lower() for name in headers} | _SERVER_HEADERS
    assert {name.lower() for name in answer.headers} <= known, answer.headers.items()
