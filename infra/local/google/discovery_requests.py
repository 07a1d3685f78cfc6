"""Requests for `events`, held to the discovery document."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from infra.local.google.discovery import (
    NotInDiscovery,
    Schema,
    check,
    check_value,
    document,
    method,
    read_only,
)


def check_parameters(method_name: str, query: Mapping[str, list[str]]) -> dict[str, Any]:
    """The query's values in the types the document gives them.

    Raises:
        NotInDiscovery: an unknown name, a bad value or a repeated single parameter.
    """
    known = _query_parameters(method_name)
    values: dict[str, Any] = {}
    for name, texts in query.items():
        if name not in known:
            raise NotInDiscovery(f"{method_name} has no parameter '{name}'")
        if len(texts) > 1 and not known[name].get("repeated"):
            raise NotInDiscovery(f"parameter '{name}' of {method_name} is not repeatable")
        typed = [_typed(text, known[name], f"parameter '{name}'") for text in texts]
        values[name] = typed if known[name].get("repeated") else typed[0]
    for name, described in known.items():
        if described.get("required") and name not in values:
            raise NotInDiscovery(f"{method_name} lacks its parameter '{name}'")
    return values


@cache
def _query_parameters(method_name: str) -> Mapping[str, Schema]:
    known = {**document()["parameters"], **method(method_name)["parameters"]}
    return {name: spec for name, spec in known.items() if spec["location"] == "query"}


def _typed(text: str, described: Schema, where: str) -> Any:
    value: Any = text
    if described["type"] == "boolean":
        value = {"true": True, "false": False}.get(text, text)
    if described["type"] == "integer" and re.fullmatch(r"-?\d{1,10}", text):
        value = int(text)
    check(described, value, where)
    return value


def check_body(method_name: str, body: Any) -> None:
    """Raises NotInDiscovery when a request's body is not what `method_name` takes."""
    request = method(method_name).get("request")
    if request is None:
        if body is not None:
            raise NotInDiscovery(f"{method_name} takes no body")
        return
    if not isinstance(body, dict):
        raise NotInDiscovery(f"{method_name} needs a JSON object as its body")
    check_value(request["$ref"], body)
    for name in read_only(request["$ref"]) & body.keys():
        raise NotInDiscovery(f"{request['$ref']}.{name} is read-only")
