"""What is to be done for a class: the decision table. Pure."""

from dataclasses import dataclass

from shared.classes.document import ClassDocument
from shared.classes.virtual_class import Status, VirtualClass
from shared.errors import ClassNotBookable, InvalidVirtualClass, ServiceError


@dataclass(frozen=True)
class Settled:
    """Nothing: the class is booked, unchanged since, and no work is left on it."""


@dataclass(frozen=True)
class Withdraw:
    """The class is cancelled: delete any live event it may have left."""


@dataclass(frozen=True)
class Release:
    """The class is booked and completed: only a claim or a failure is left to be removed."""


@dataclass(frozen=True)
class Book:
    """Make the event, or bring it in line with the class."""

    virtual_class: VirtualClass


@dataclass(frozen=True)
class Refuse:
    """The class cannot be booked."""

    error: ServiceError


Decision = Settled | Withdraw | Release | Book | Refuse


def decide(document: ClassDocument) -> Decision:
    """The row of the table that a class is in."""
    reading = document.reading
    if document.derived_event_id is None:
        return _invalid("calendarGeneration must be a whole number")
    if reading.status is None:
        return _invalid(*reading.problems)
    match reading.status:
        case Status.CANCELLED:
            return Withdraw()
        case Status.COMPLETED if not document.is_booked:
            return Refuse(ClassNotBookable("the class is completed and was never booked"))
        case Status.COMPLETED:
            return Settled() if document.is_at_rest else Release()
    virtual_class = reading.virtual_class
    if virtual_class is None:
        return _invalid(*reading.problems)
    if not document.is_booked and virtual_class.end <= document.read_time:
        return Refuse(ClassNotBookable("somebody paid for a class that is over", severity="ERROR"))
    is_unchanged = document.fingerprint == virtual_class.fingerprint
    if document.is_booked and is_unchanged and document.is_at_rest:
        return Settled()
    return Book(virtual_class)


def _invalid(*problems: str) -> Refuse:
    return Refuse(InvalidVirtualClass(details=problems))
