"""The documents of one collection of Firestore, in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from google.api_core import exceptions as api
from google.cloud import firestore

Document = dict[str, Any]
Send = Callable[[str, str, Document | None, float, Callable[[], Any]], Any]
"""Carries a call: its name, what it is about, the changes it writes, its timeout, its effect."""


def at_once(*call: Any) -> Any:
    """A `Send` that takes no time."""
    return call[-1]()


@dataclass
class Database:
    """One collection's documents, with their update times. `now` is the server's clock."""

    now: Callable[[], datetime]
    documents: dict[str, tuple[Document, datetime]] = field(default_factory=dict)
    _last: datetime | None = None

    def put(self, document_id: str, data: Document) -> datetime:
        """Holds a document; one that does not change keeps its update time."""
        held = self.documents.get(document_id)
        if held is None or held[0] != data:
            self.documents[document_id] = held = data, self._tick()
        return held[1]

    def _tick(self) -> datetime:
        """A time that no earlier change has."""
        now = self.now()
        if self._last is not None and now <= self._last:
            now = self._last + timedelta(microseconds=1)
        self._last = now
        return now


@dataclass(frozen=True)
class Reference:
    database: Database = field(repr=False)
    send: Send = field(repr=False)
    collection: str
    id: str

    @property
    def path(self) -> str:
        return f"{self.collection}/{self.id}"

    def get(self, *, timeout: float, **_retry: object) -> "Snapshot":
        snapshot: Snapshot = self.send("read", self.id, None, timeout, self.now)
        return snapshot

    def update(
        self, changes: Document, *, timeout: float, option: datetime | None = None, **_retry: object
    ) -> "WriteResult":
        def effect() -> WriteResult:
            return WriteResult(self._update(changes, option))

        result: WriteResult = self.send("commit", self.id, changes, timeout, effect)
        return result

    def set(self, data: Document) -> None:
        self.database.put(self.id, data)

    def delete(self) -> None:
        self.database.documents.pop(self.id, None)

    def now(self) -> "Snapshot":
        data, update_time = self.database.documents.get(self.id, (None, None))
        return Snapshot(self, _copied(data), update_time, self.database.now())

    def _update(self, changes: Document, last_update_time: datetime | None) -> datetime:
        database = self.database
        data, update_time = database.documents.get(self.id, (None, None))
        if last_update_time not in (None, update_time):
            raise api.FailedPrecondition("another version is stored")  # type: ignore[no-untyped-call]
        if data is None:
            raise api.NotFound("no document to update")  # type: ignore[no-untyped-call]
        kept = {name: value for name, value in data.items() if name not in changes}
        written = {
            name: _resolved(value, database.now())
            for name, value in changes.items()
            if value is not firestore.DELETE_FIELD
        }
        return database.put(self.id, kept | written)


@dataclass(frozen=True)
class Snapshot:
    reference: Reference
    data: Any
    update_time: datetime | None
    read_time: datetime

    @property
    def id(self) -> str:
        return self.reference.id

    @property
    def exists(self) -> bool:
        return self.data is not None

    def to_dict(self) -> Any:
        return self.data


@dataclass(frozen=True)
class WriteResult:
    update_time: datetime


def _resolved(value: Any, now: datetime) -> Any:
    """A value as it is stored."""
    if isinstance(value, dict):
        return {name: _resolved(each, now) for name, each in value.items()}
    return now if value is firestore.SERVER_TIMESTAMP else _copied(value)


def _copied(value: Any) -> Any:
    """A value with containers of its own: what else is in them cannot be changed."""
    if isinstance(value, dict):
        return {name: _copied(each) for name, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value
