"""The decision table: what to do for a class. Pure."""

from dataclasses import dataclass

from shared.classes.document import ClassDocument
from shared.classes.virtual_class import Status, VirtualClass
from shared.errors import ClassNotBookable, InvalidVirtualClass, ServiceError


@dataclass(frozen=True)
class Settled:
    """The class is booked and its event stays as it is. If it is not at rest, the claim or
    failure left on it is to be removed."""


@dataclass(frozen=True)
class Withdraw:
    """The class is cancelled: delete any live event it may have."""


@dataclass(frozen=True)
class Book:
    """Create the event, or update it to match the class."""

    virtual_class: VirtualClass


@dataclass(frozen=True)
class Refuse:
    """The class cannot be booked."""

    error: ServiceError


Decision = Settled | Withdraw | Book | Refuse


def decide(document: ClassDocument) -> Decision:
    """The row of the table that applies to a class."""
    reading = document.reading
    if document.generation is None:
        return Refuse(InvalidVirtualClass(details=["calendarGeneration must be a whole number"]))
    match reading.status:
        case Status.CANCELLED:
            return Withdraw()
        case Status.COMPLETED if document.is_booked:
            return Settled()
        case Status.COMPLETED:
            return Refuse(ClassNotBookable("the class is completed and was never booked"))
    virtual_class = reading.virtual_class
    if virtual_class is None:
        return Refuse(InvalidVirtualClass(details=reading.problems))
    if not document.is_booked and virtual_class.end <= document.read_time:
        return Refuse(ClassNotBookable("somebody paid for a class that is over", severity="ERROR"))
    is_unchanged = document.fingerprint == virtual_class.fingerprint
    if document.is_booked and is_unchanged and document.is_at_rest:
        return Settled()
    return Book(virtual_class)
