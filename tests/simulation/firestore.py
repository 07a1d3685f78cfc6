"""Firestore in memory: what the class store asks of google-cloud-firestore's client, and no more.

Documents are held to compare-and-set as Firestore does it: each change has an update time of its
own, one that changes nothing keeps the old one. tests/test_simulated_firestore.py holds it to
the emulator.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from google.api_core import exceptions as api
from google.cloud import firestore

Document = dict[str, Any]
Send = Callable[[str, str, Any, float, Callable[[], Any]], Any]
"""Sends (operation, document id, changes, timeout, effect) and returns the effect's result."""


@dataclass
class Held:
    data: Document
    update_time: datetime


@dataclass
class Database:
    """One collection's documents by their ids. `now` is the server's clock."""

    now: Callable[[], datetime]
    documents: dict[str, Held] = field(default_factory=dict)
    _last: datetime | None = None

    def set(self, document_id: str, data: Document) -> None:
        self.documents[document_id] = Held(_copied(data), self._tick())

    def update(
        self, document_id: str, changes: Document, last_update_time: datetime | None = None
    ) -> datetime:
        """Raises NotFound, FailedPrecondition."""
        held = self.documents.get(document_id)
        if held is None:
            raise api.NotFound("No document to update") if last_update_time is None else _stale()
        if last_update_time not in (None, held.update_time):
            raise _stale()
        data = self._changed(held.data, changes)
        if data != held.data:
            self.documents[document_id] = Held(data, self._tick())
        return self.documents[document_id].update_time

    def delete(self, document_id: str) -> None:
        self.documents.pop(document_id, None)

    def _changed(self, data: Document, changes: Document) -> Document:
        changed = dict(data)
        for name, value in changes.items():
            if value is firestore.DELETE_FIELD:
                changed.pop(name, None)
            else:
                changed[name] = self._resolved(value)
        return changed

    def _resolved(self, value: Any) -> Any:
        if value is firestore.SERVER_TIMESTAMP:
            return self.now()
        if isinstance(value, dict):
            return {name: self._resolved(each) for name, each in value.items()}
        return _copied(value)

    def _tick(self) -> datetime:
        """A time no earlier change has."""
        now = self.now()
        if self._last is not None and now <= self._last:
            now = self._last + timedelta(microseconds=1)
        self._last = now
        return now


def _copied(value: Any) -> Any:
    """A value with containers of its own: what is in them cannot be changed."""
    if isinstance(value, dict):
        return {name: _copied(each) for name, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def _stale() -> api.FailedPrecondition:
    return api.FailedPrecondition("the stored version does not match the required base version")


@dataclass(frozen=True)
class Snapshot:
    reference: "Reference"
    _data: Document | None
    update_time: datetime | None
    read_time: datetime

    @property
    def exists(self) -> bool:
        return self._data is not None

    def to_dict(self) -> Document | None:
        return _copied(self._data)


@dataclass(frozen=True)
class WriteResult:
    update_time: datetime


@dataclass(frozen=True)
class Client:
    """A client of the one collection that a database holds; `send` is how its calls travel."""

    project: str
    database: Database
    send: Send

    def collection(self, name: str) -> "Query":
        return Query(self, name)

    def write_option(self, *, last_update_time: Any) -> Any:
        return last_update_time


@dataclass(frozen=True)
class Query:
    """A collection, or a part of it in the order of the ids."""

    client: Client
    collection: str
    filters: tuple[tuple[str, Any], ...] = ()
    most: int | None = None
    first: str = ""
    after: str = ""

    def document(self, document_id: str) -> "Reference":
        return Reference(self.client, self.collection, document_id)

    def where(self, *, filter: Any) -> "Query":
        assert filter.op_string == "=="
        return replace(self, filters=(*self.filters, (filter.field_path, filter.value)))

    def order_by(self, field_path: str) -> "Query":
        assert field_path == "__name__"
        return self

    def limit(self, most: int) -> "Query":
        return replace(self, most=most)

    def start_at(self, values: Document) -> "Query":
        return replace(self, first=values["__name__"])

    def start_after(self, values: Document) -> "Query":
        return replace(self, after=values["__name__"])

    def get(self, *, retry: object = None, timeout: float) -> list[Snapshot]:
        subject = str(self.filters[0][1]) if self.filters else ""
        found: list[Snapshot] = self.client.send("query", subject, None, timeout, self._found)
        return found

    def _found(self) -> list[Snapshot]:
        found = [
            self.document(document_id).now()
            for document_id, held in sorted(self.client.database.documents.items())
            if document_id >= self.first and (not self.after or document_id > self.after)
            and all(held.data.get(name) == value for name, value in self.filters)
        ]
        return found[: self.most]


@dataclass(frozen=True)
class Reference:
    client: Client = field(repr=False)
    collection: str
    id: str

    @property
    def path(self) -> str:
        return f"{self.collection}/{self.id}"

    def get(self, *, retry: object = None, timeout: float) -> Snapshot:
        snapshot: Snapshot = self.client.send("read", self.id, None, timeout, self.now)
        return snapshot

    def update(
        self, changes: Document, *, option: Any, retry: object = None, timeout: float
    ) -> WriteResult:
        def effect() -> WriteResult:
            return WriteResult(self.client.database.update(self.id, changes, option))

        result: WriteResult = self.client.send("commit", self.id, changes, timeout, effect)
        return result

    def now(self) -> Snapshot:
        database = self.client.database
        held = database.documents.get(self.id)
        if held is None:
            return Snapshot(self, None, None, database.now())
        return Snapshot(self, _copied(held.data), held.update_time, database.now())
