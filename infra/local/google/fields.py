"""Partial responses: `items(start,end),nextPageToken` as Google's `fields` parameter."""

import re
from functools import lru_cache
from typing import Any

from infra.local.google.discovery import NotInDiscovery, Schema, resolved, schema

Mask = dict[str, Any]
"""Wanted names, each with the mask of what is wanted below it; {} wants all."""

_TOKEN = re.compile(r"[\w*\-]+|[(),/]")


@lru_cache(maxsize=256)
def parse(text: str, schema_name: str) -> Mask:
    """The mask that `text` describes; of an empty text, all.

    Raises:
        NotInDiscovery: bad syntax, or a name the schema does not have.
    """
    if not text:
        return {}
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text.replace(" ", ""):
        raise NotInDiscovery(f"fields: cannot be read: {text}")
    mask, rest = _selection(tokens)
    if rest:
        raise NotInDiscovery(f"fields: cannot be read from '{rest[0]}' on: {text}")
    _check(mask, schema(schema_name))
    return mask


def _selection(tokens: list[str]) -> tuple[Mask, list[str]]:
    mask: Mask = {}
    while True:
        tokens = _path(tokens, mask)
        if not tokens or tokens[0] != ",":
            return mask, tokens
        tokens = tokens[1:]


def _path(tokens: list[str], mask: Mask) -> list[str]:
    if not tokens or tokens[0] in "(),/":
        raise NotInDiscovery("fields: a name is missing")
    name, rest = tokens[0], tokens[1:]
    below = mask.setdefault(name, {})
    if rest and rest[0] == "/":
        return _path(rest[1:], below)
    if rest and rest[0] == "(":
        inner, rest = _selection(rest[1:])
        if not rest or rest[0] != ")":
            raise NotInDiscovery("fields: a bracket is not closed")
        below.update(inner)
        return rest[1:]
    return rest


def _check(mask: Mask, described: Schema) -> None:
    described = resolved(described)
    if described["type"] == "array":
        _check(mask, described["items"])
        return
    if mask and described["type"] != "object":
        raise NotInDiscovery(f"fields: nothing is below a {described['type']}")
    properties = described.get("properties", {})
    for name, below in mask.items():
        member = properties.get(name, described.get("additionalProperties"))
        if member is not None:
            _check(below, member)
        elif name != "*":
            raise NotInDiscovery(f"Invalid field selection {name}")


def apply(mask: Mask, value: Any) -> Any:
    """What `mask` leaves of `value`."""
    if not mask or "*" in mask:
        return value
    if isinstance(value, list):
        return [apply(mask, element) for element in value]
    if isinstance(value, dict):
        return {name: apply(mask[name], element) for name, element in value.items() if name in mask}
    return value
