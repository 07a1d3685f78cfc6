"""Reading an event of Google's. Pure."""

from typing import Any

Event = dict[str, Any]
"""An event as the API's discovery document describes the schema `Event`."""

MANAGED_BY = "virtual-classes"
"""Value of the private property `managedBy`, by which our events are found."""


def is_live(event: Event) -> bool:
    return event.get("status") != "cancelled"


def owner_class_id(event: Event) -> str | None:
    """The id of the class that the event was made for; None for an event of another kind."""
    owner = part(event, "extendedProperties", "private").get("virtualClassId")
    return owner if isinstance(owner, str) else None


def part(event: Event, *path: str) -> Event:
    """A nested object of an event; empty if it, or one on the way, is not there."""
    value: Any = event
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
