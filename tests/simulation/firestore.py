"""Firestore in memory: what the class store and the tests ask of google-cloud-firestore's client,
and no more. tests/test_simulated_firestore.py holds it to the emulator.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from google.api_core import exceptions as api
from google.cloud.firestore import DELETE_FIELD, SERVER_TIMESTAMP

from tests.simulation.history import Call
from tests.simulation.hub import EPOCH
from tests.simulation.schedule import Document

Send = Callable[[Call, float, Callable[[], Any]], Any]
"""Makes a call within a timeout: gets what it does, and returns its result."""

_OPERATORS = {"==": operator.eq, ">=": operator.ge}


@dataclass(frozen=True)
class Client:
    """One collection's documents, by id and with their update times. `now` is the server's
    clock."""

    now: Callable[[], datetime]
    send: Send = lambda _call, _timeout, effect: effect()
    documents: dict[str, tuple[Document, datetime]] = field(default_factory=dict)
    project: str = "simulated"

    def collection(self, name: str) -> "Query":
        return Query(self, name)

    def write_option(self, *, last_update_time: datetime) -> datetime:
        return last_update_time


@dataclass(frozen=True)
class Query:
    """A collection, or those of its documents that a query finds, in the order of a field and of
    their ids."""

    client: Client
    name: str
    filters: tuple[Any, ...] = ()
    order: str = "__name__"
    most: int | None = None

    def document(self, document_id: str) -> "Reference":
        return Reference(self.client, document_id, f"{self.name}/{document_id}")

    def where(self, *, filter: Any) -> "Query":
        return replace(self, filters=(*self.filters, filter))

    def order_by(self, field_path: str) -> "Query":
        return replace(self, order=field_path)

    def limit(self, most: int) -> "Query":
        return replace(self, most=most)

    def get(self, *, timeout: float, **_retry: object) -> Any:
        subject = str(self.filters[0].value) if self.filters else ""
        return self.client.send(Call("query", subject), timeout, self._found)

    def _found(self) -> "list[Snapshot]":
        snapshots = [self.document(each).snapshot() for each in self.client.documents]
        found = [each for each in snapshots if all(each.meets(one) for one in self.filters)]
        placed = [(each.value(self.order), each.reference.id, each) for each in found]
        return [each for *_, each in sorted(one for one in placed if one[0] is not None)][
            : self.most
        ]


@dataclass(frozen=True)
class Reference:
    client: Client = field(repr=False)
    id: str
    path: str

    def get(self, *, timeout: float = 0.0, **_retry: object) -> Any:
        return self.client.send(Call("read", self.id), timeout, self.snapshot)

    def update(
        self, changes: Document, *, option: Any = None, timeout: float = 0.0, **_retry: object
    ) -> Any:
        """Returns the new version, whose `update_time` is all that a client gets."""
        call = Call.commit(self.id, changes, EPOCH)
        return self.client.send(call, timeout, partial(self._update, changes, option))

    def set(self, data: Document) -> None:
        """A document that does not change keeps its update time."""
        now, held = self.client.now(), self.client.documents.get(self.id)
        if held is None or held[0] != data:
            now = max(now, held[1] + timedelta(microseconds=1)) if held else now
            self.client.documents[self.id] = data, now

    def snapshot(self) -> "Snapshot":
        data, update_time = self.client.documents.get(self.id, (None, None))
        return Snapshot(self, data, update_time, self.client.now())

    def _update(self, changes: Document, last_update_time: datetime | None) -> "Snapshot":
        before = self.snapshot()
        if last_update_time not in (None, before.update_time):
            raise api.FailedPrecondition("another version is stored")  # type: ignore[no-untyped-call]
        data = before.data | _stored(changes, before.read_time)
        self.set({name: value for name, value in data.items() if value is not DELETE_FIELD})
        return self.snapshot()


@dataclass(frozen=True)
class Snapshot:
    reference: Reference
    data: Any
    update_time: datetime | None
    read_time: datetime

    @property
    def exists(self) -> bool:
        return self.data is not None

    def value(self, path: str) -> Any:
        """That of a field, None if there is none."""
        value: Any = {**self.data, "__name__": self.reference.id}
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def meets(self, condition: Any) -> bool:
        value, wanted = self.value(condition.field_path), condition.value
        return isinstance(value, type(wanted)) and _OPERATORS[condition.op_string](value, wanted)

    def to_dict(self) -> Any:
        return _stored(self.data, self.read_time)


def _stored(value: Any, now: datetime) -> Any:
    """A value as it is stored, with containers of its own: what else is in them cannot change."""
    if isinstance(value, dict):
        return {name: _stored(each, now) for name, each in value.items()}
    if isinstance(value, list):
        return [_stored(each, now) for each in value]
    return now if value is SERVER_TIMESTAMP else value
