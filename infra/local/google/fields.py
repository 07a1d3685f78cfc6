"""Partial responses: `items(start,end),nextPageToken` as Google's `fields` parameter."""

import re
from functools import lru_cache
from typing import Any

from infra.local.google.discovery import NotInDiscovery, Schema, resolved, schema

Mask = dict[str, Any]
"""Wanted names, each with the mask of what is wanted below it; {} wants all."""

_TOKEN = re.compile(r"[\w*-]+|[(),/]")
_MISPLACED = re.compile(r"[^\w*(),/-]|(^|[(,/])[(),/]|[(,/]$|\)[^,)]")
"""What cannot be there, whatever the brackets: another character, or a separator without a name."""


@lru_cache(maxsize=256)
def parse(text: str, schema_name: str) -> Mask:
    """The mask that `text` describes; of an empty text, all.

    Raises:
        NotInDiscovery: bad syntax, or a name the schema does not have.
    """
    mask: Mask = {}
    if _MISPLACED.search(text):
        raise NotInDiscovery(f"fields: cannot be read: {text}")
    enclosing, last = [mask], mask
    for token in _TOKEN.findall(text):
        match token:
            case "(":
                enclosing.append(last)
            case ")" if len(enclosing) > 1:
                last = enclosing.pop()
            case ",":
                last = enclosing[-1]
            case ")":
                raise NotInDiscovery(f"fields: a bracket is not opened: {text}")
            case name if name != "/":
                last = last.setdefault(name, {})
    if len(enclosing) > 1:
        raise NotInDiscovery(f"fields: a bracket is not closed: {text}")
    _check(mask, schema(schema_name))
    return mask


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
