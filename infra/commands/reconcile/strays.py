"""Decides what is wrong with an event that is marked with a class. Pure."""

from infra.commands.reconcile.findings import Kind
from infra.commands.reconcile.judgement import is_in_progress, own_event_id
from shared.calendar.event import Event
from shared.classes.document import ClassDocument, event_id
from shared.classes.virtual_class import Status

_GENERATIONS = 100
"""More than anybody deletes of one class's events."""


def kind_of(
    event: Event, document: ClassDocument | None, own: Event | None, *, is_derived: bool
) -> Kind | None:
    """What is wrong with a live event that is marked with a class; None if it is the class's own.
    `document` is the class, if it exists, and `own` its own event, if live."""
    if document is None:
        return Kind.CLASS_GONE if is_derived else Kind.FOREIGN
    if is_in_progress(document) or event["id"] == own_event_id(document):
        return None
    if document.reading.status is Status.CANCELLED:
        return Kind.CLASS_CANCELLED
    return Kind.DUPLICATE if own else Kind.OTHER_ID


def is_derived(event: Event, class_name: str) -> bool:
    """Whether the event's id was derived from the class's document: only then is it certain that
    the class was once in this database."""
    generations = range(_GENERATIONS)
    return event["id"] in (event_id(class_name, number) for number in generations)
