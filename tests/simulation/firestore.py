"""Firestore in memory: what the class store and the tests ask of google-cloud-firestore's client,
and no more. tests/test_simulated_firestore.py holds it to the emulator.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tests.simulation.documents import Database, Document, Reference, Send, Snapshot, at_once


@dataclass(frozen=True)
class Client:
    database: Database
    send: Send = at_once
    project: str = "simulated"

    def collection(self, name: str) -> "Query":
        return Query(self, name)

    def write_option(self, *, last_update_time: datetime) -> datetime:
        return last_update_time


@dataclass(frozen=True)
class Query:
    """A collection, or those of its documents that a query finds, in the order of their ids."""

    client: Client
    collection: str
    wanted: tuple[str, Any] | None = None
    most: int | None = None
    first: str = ""
    after: str = ""

    def document(self, document_id: str) -> Reference:
        return Reference(self.client.database, self.client.send, self.collection, document_id)

    def where(self, *, filter: Any) -> "Query":
        assert filter.op_string == "=="
        return replace(self, wanted=(filter.field_path, filter.value))

    def order_by(self, field_path: str) -> "Query":
        assert field_path == "__name__"
        return self

    def limit(self, most: int) -> "Query":
        return replace(self, most=most)

    def start_at(self, values: Document) -> "Query":
        return replace(self, first=values["__name__"])

    def start_after(self, values: Document) -> "Query":
        return replace(self, after=values["__name__"])

    def get(self, *, timeout: float, **_retry: object) -> list[Snapshot]:
        subject = str(self.wanted[1]) if self.wanted else ""
        found: list[Snapshot] = self.client.send("query", subject, None, timeout, self._found)
        return found

    def _found(self) -> list[Snapshot]:
        documents = self.client.database.documents
        ids = [each for each in sorted(documents) if each >= self.first and each > self.after]
        if self.wanted:
            name, value = self.wanted
            ids = [each for each in ids if documents[each][0].get(name) == value]
        return [self.document(each).now() for each in ids[: self.most]]
