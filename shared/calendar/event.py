"""Reads an event returned by Google. Pure."""

from typing import Any

Event = dict[str, Any]
"""The schema `Event` of the API's discovery document."""

MANAGED_BY = "virtual-classes"
"""The value of the private property `managedBy`, which marks our events."""


def is_live(event: Event) -> bool:
    return event.get("status") != "cancelled"


def owner_class_id(event: Event) -> str | None:
    """The id of the class that the event was made for; None if it was not made for a class."""
    owner = part(event, "extendedProperties", "private").get("virtualClassId")
    return owner if isinstance(owner, str) else None


def part(event: Event, *path: str) -> Event:
    """A nested object of an event; empty if any part of the path is missing."""
    value: Any = event
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
