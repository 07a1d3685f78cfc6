"""Ranges of classes by one field. Firestore indexes every single field by itself, so such a query
needs no index of our own, and it reads only what it finds. Pure."""

from typing import Any, NamedTuple

from google.cloud.firestore_v1.base_query import FieldFilter


class Range(NamedTuple):
    """The classes with a value at `field` (a path) that meets all `bounds`, each an operator and a
    value. Only values of the bounds' own type can meet them: no text is later than a timestamp."""

    field: str
    bounds: tuple[tuple[str, Any], ...] = ()

    def of(self, classes: Any) -> Any:
        """The query for them, in the order of the field; other orders would need an index."""
        for operator, value in self.bounds:
            classes = classes.where(filter=FieldFilter(self.field, operator, value))
        return classes.order_by(self.field)


EVERY_CLASS = Range("__name__")
