"""Parses untrusted JSON."""

import json
from typing import Any


def parse(content: bytes) -> dict[str, Any] | None:
    """The JSON object in `content`, or None if it is anything else."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
