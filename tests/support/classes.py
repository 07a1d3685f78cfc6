"""The school's classes in Firestore, as its own application writes them."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pytest
from google.cloud import firestore

from infra.local.emulator import clear
from tests.support.canaries import assert_class_tells_nothing
from tests.support.served import PROJECT

Document = dict[str, Any]


def a_class(**fields: Any) -> Document:
    """A class as the school writes it: tomorrow, individual, paid. A field given as None is
    left out."""
    start = (datetime.now(UTC) + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    document = {
        "preferenceId": f"preference-{uuid.uuid4().hex}",
        "startTime": start,
        "endTime": start + timedelta(minutes=90),
        "classType": "individual",
        "studentEmail": "ana@example.com",
        "learningFocus": "Conversational English",
        "status": "pending",
        **fields,
    }
    return {key: value for key, value in document.items() if value is not None}


class Classes:
    """The collection of classes, behind a client of its own."""

    def __init__(self, emulator: str, project: str = PROJECT) -> None:
        self._emulator, self._project = emulator, project
        with pytest.MonkeyPatch.context() as environment:  # read by the client as it is made
            environment.setenv("FIRESTORE_EMULATOR_HOST", emulator)
            self._client = firestore.Client(project=project)

    def __enter__(self) -> Self:
        self.clear()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            for snapshot in self._client.collection("VirtualClass").stream():
                assert_class_tells_nothing(snapshot.to_dict() or {})
        finally:
            self._client.close()  # type: ignore[no-untyped-call]

    def clear(self) -> None:
        """Deletes every document of the project."""
        clear(self._emulator, self._project)

    def add(self, class_id: str | None = None, **fields: Any) -> str:
        """Writes a class (see `a_class`) and returns its id."""
        class_id = class_id or f"class-{uuid.uuid4().hex[:12]}"
        self.put(class_id, a_class(**fields))
        return class_id

    def add_many(self, classes: dict[str, Document]) -> None:
        """Writes up to 500 classes at once, by id; see `a_class`."""
        batch = self._client.batch()
        for class_id, fields in classes.items():
            batch.set(self._reference(class_id), a_class(**fields))
        batch.commit()

    def put(self, class_id: str, document: Document) -> None:
        self._reference(class_id).set(document)

    def change(self, class_id: str, **fields: Any) -> None:
        self._reference(class_id).update(fields)

    def delete(self, class_id: str) -> None:
        self._reference(class_id).delete()

    def get(self, class_id: str) -> Document:
        document = self._reference(class_id).get().to_dict()
        assert document is not None, f"there is no class {class_id}"
        return document

    def all(self) -> list[Document]:
        return [each.to_dict() or {} for each in self._client.collection("VirtualClass").stream()]

    def preference_of(self, class_id: str) -> str:
        preference_id: str = self.get(class_id)["preferenceId"]
        return preference_id

    def _reference(self, class_id: str) -> firestore.DocumentReference:
        return self._client.collection("VirtualClass").document(class_id)
