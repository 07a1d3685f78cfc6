"""Reads an event returned by Google. Pure."""

from datetime import datetime
from typing import Any

from shared import rfc3339
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


def moment(event: Event, key: str) -> datetime | None:
    """When an event starts or ends; None if somebody made it an all-day event."""
    try:
        return rfc3339.parse(event[key]["dateTime"])
    except (KeyError, TypeError, ValueError):
        return None
