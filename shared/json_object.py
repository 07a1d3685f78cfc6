"""JSON from outside."""

import json
from typing import Any


def parse(content: bytes) -> dict[str, Any] | None:
    """The JSON object that the bytes hold, or None if they hold anything else."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
