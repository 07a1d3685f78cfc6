"""The Calendar discovery document that google-api-python-client ships, as a checker.

What the document does not know is refused, so that a test fails rather than forgives. Used for
what the stand-in receives and, in its tests, for what it answers.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from .errors import CalendarError

Schema = Mapping[str, Any]
Check = Callable[[Any, str], None]

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?")
_LISTED_VALUE = re.compile(r'^- "([^"]*)"', re.MULTILINE)
_TYPES: Mapping[str, type] = {"string": str, "boolean": bool, "any": object}


class NotInDiscovery(CalendarError):
    """Something that Google's document does not know."""

    def __init__(self, message: str) -> None:
        super().__init__(400, "notInDiscovery", message)


@cache
def document() -> Schema:
    path = files("googleapiclient") / "discovery_cache" / "documents" / "calendar.v3.json"
    loaded: Schema = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def method(name: str) -> Schema:
    """The description of one method of ``events``."""
    described: Schema = document()["resources"]["events"]["methods"][name]
    return described


def schema(name: str) -> Schema:
    named: Schema = document()["schemas"][name]
    return named


def resolved(described: Schema) -> Schema:
    return schema(described["$ref"]) if "$ref" in described else described


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
        typed = [_typed(text, known[name], name) for text in texts]
        values[name] = typed if known[name].get("repeated") else typed[0]
    for name, described in known.items():
        if described.get("required") and name not in values:
            raise NotInDiscovery(f"{method_name} lacks its parameter '{name}'")
    return values


@cache
def _query_parameters(method_name: str) -> Mapping[str, Schema]:
    known = {**document()["parameters"], **method(method_name)["parameters"]}
    return {name: spec for name, spec in known.items() if spec["location"] == "query"}


def _typed(text: str, described: Schema, name: str) -> Any:
    kind = described["type"]
    if kind == "boolean":
        if text not in ("true", "false"):
            raise NotInDiscovery(f"parameter '{name}' is not true or false")
        return text == "true"
    if kind == "integer":
        return _bounded(text, described, name)
    _check_format(text, described, f"parameter '{name}'")
    if "enum" in described and text not in described["enum"]:
        raise NotInDiscovery(f"parameter '{name}' is none of {', '.join(described['enum'])}")
    return text


def _bounded(text: str, described: Schema, name: str) -> int:
    if not re.fullmatch(r"-?\d{1,10}", text):
        raise NotInDiscovery(f"parameter '{name}' is not an integer")
    low, high = int(described.get("minimum", -(2**31))), int(described.get("maximum", 2**31 - 1))
    if not low <= int(text) <= high:
        raise NotInDiscovery(f"parameter '{name}' is not in {low}..{high}")
    return int(text)


def check_body(method_name: str, body: Any) -> None:
    """Raises NotInDiscovery when a request's body is not what ``method_name`` takes."""
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


def check_value(schema_name: str, value: Any) -> None:
    """Raises NotInDiscovery when ``value`` does not fit; null fits a property of any type."""
    _checker(schema_name)(value, schema_name)


@cache
def read_only(schema_name: str) -> frozenset[str]:
    """The properties that only Google sets, as their descriptions say."""
    properties: Mapping[str, Schema] = schema(schema_name)["properties"]
    texts = {name: spec.get("description", "") for name, spec in properties.items()}
    return frozenset(name for name, text in texts.items() if "Read-only" in text)


@cache
def _checker(schema_name: str) -> Check:
    return _compiled(schema(schema_name))


def _compiled(described: Schema) -> Check:
    if "$ref" in described:
        name = described["$ref"]
        return lambda value, where: _checker(name)(value, where)
    if described["type"] == "array":
        return _array_check(_compiled(described["items"]))
    if described["type"] == "object":
        return _object_check(described)
    return _scalar_check(described)


def _array_check(item: Check) -> Check:
    def check(value: Any, where: str) -> None:
        if value is None:
            return
        if not isinstance(value, list):
            raise NotInDiscovery(f"{where} is not an array")
        for element in value:
            if element is None:
                raise NotInDiscovery(f"{where}[] is null")
            item(element, f"{where}[]")

    return check


def _object_check(described: Schema) -> Check:
    members = {name: _compiled(spec) for name, spec in described.get("properties", {}).items()}
    extra = described.get("additionalProperties")
    other = _compiled(extra) if extra else None

    def check(value: Any, where: str) -> None:
        if value is None:
            return
        if not isinstance(value, dict):
            raise NotInDiscovery(f"{where} is not an object")
        for name, element in value.items():
            member = members.get(name, other)
            if member is None:
                raise NotInDiscovery(f"{where} has no property '{name}'")
            member(element, f"{where}.{name}")

    return check


def _scalar_check(described: Schema) -> Check:
    kind = described["type"]
    allowed = _LISTED_VALUE.findall(described.get("description", "")) if kind == "string" else []

    def check(value: Any, where: str) -> None:
        if value is None:
            return
        if kind == "integer":
            if type(value) is not int or abs(value) >= 2**31:
                raise NotInDiscovery(f"{where} is not an integer of 32 bits")
            return
        if not isinstance(value, _TYPES[kind]):
            raise NotInDiscovery(f"{where} is not a {kind}")
        if allowed and value not in allowed:
            raise NotInDiscovery(f"{where} is none of {', '.join(allowed)}")
        _check_format(value, described, where)

    return check


def _check_format(value: Any, described: Schema, where: str) -> None:
    form = described.get("format")
    if form == "date-time" and not _DATE_TIME.fullmatch(value):
        raise NotInDiscovery(f"{where} is not an RFC 3339 date and time")
    if form == "date" and not _DATE.fullmatch(value):
        raise NotInDiscovery(f"{where} is not a date")
