"""Reads an event returned by Google. Pure."""

from typing import Any

from shared.json_object import part

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
