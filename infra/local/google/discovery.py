"""The Calendar discovery document that google-api-python-client ships, as a checker.

What the document does not know is refused, so that a test fails rather than forgives. Used for
what the stand-in receives and, in its tests, for what it answers.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from infra.local.google.errors import CalendarError

Schema = Mapping[str, Any]

_FORMATS = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?"),
}
_LISTED_VALUE = re.compile(r'^- "([^"]*)"', re.MULTILINE)
_TYPES: Mapping[str, Any] = {
    "array": list, "object": dict, "string": str, "boolean": bool, "any": object,
}  # fmt: skip


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
    """The description of one method of `events`."""
    described: Schema = document()["resources"]["events"]["methods"][name]
    return described


def schema(name: str) -> Schema:
    named: Schema = document()["schemas"][name]
    return named


def resolved(described: Schema) -> Schema:
    return schema(described["$ref"]) if "$ref" in described else described


@cache
def read_only(schema_name: str) -> frozenset[str]:
    """The properties that only Google sets, as their descriptions say."""
    properties: Mapping[str, Schema] = schema(schema_name)["properties"]
    texts = {name: spec.get("description", "") for name, spec in properties.items()}
    return frozenset(name for name, text in texts.items() if "Read-only" in text)


def check_value(schema_name: str, value: Any) -> None:
    """Raises NotInDiscovery when `value` does not fit; null fits a property of any type."""
    check(schema(schema_name), value, schema_name)


def check(described: Schema, value: Any, where: str) -> None:
    """Raises NotInDiscovery when `value`, which is at `where`, is not as `described`."""
    if value is None:
        return
    described = resolved(described)
    kind = described["type"]
    if kind == "integer":
        low = int(described.get("minimum", -(2**31)))
        high = int(described.get("maximum", 2**31 - 1))
        if type(value) is not int or not low <= value <= high:
            raise NotInDiscovery(f"{where} is not an integer from {low} to {high}")
        return
    if not isinstance(value, _TYPES[kind]):
        raise NotInDiscovery(f"{where} is not of the type {kind}")
    if kind == "array":
        for element in value:
            if element is None:
                raise NotInDiscovery(f"{where}[] is null")
            check(described["items"], element, f"{where}[]")
    elif kind == "object":
        _check_members(described, value, where)
    elif kind == "string":
        _check_text(described, value, where)


def _check_members(described: Schema, value: Mapping[str, Any], where: str) -> None:
    known, other = described.get("properties", {}), described.get("additionalProperties")
    for name, element in value.items():
        member = known.get(name, other)
        if member is None:
            raise NotInDiscovery(f"{where} has no property '{name}'")
        check(member, element, f"{where}.{name}")


def _check_text(described: Schema, value: str, where: str) -> None:
    allowed = described.get("enum") or _listed_values(described.get("description", ""))
    if allowed and value not in allowed:
        raise NotInDiscovery(f"{where} is none of {', '.join(allowed)}")
    form = described.get("format", "")
    if form in _FORMATS and not _FORMATS[form].fullmatch(value):
        raise NotInDiscovery(f"{where} is not an RFC 3339 {form}")


@cache
def _listed_values(description: str) -> list[str]:
    return _LISTED_VALUE.findall(description)
