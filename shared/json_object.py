"""Reads untrusted JSON and documents."""

import json
from collections.abc import Mapping
from typing import Any


def parse(content: bytes) -> dict[str, Any] | None:
    """The JSON object in `content`, or None if it is anything else."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def part(value: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """A nested object; empty if any part of the path is missing."""
    for key in path:
        nested = value.get(key)
        value = nested if isinstance(nested, Mapping) else {}
    return value
