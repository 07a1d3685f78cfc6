"""The simulation's Firestore answers as the emulator does: both are asked the same."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.api_core.exceptions import FailedPrecondition
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from tests.simulation.firestore import Client

START = datetime(2030, 1, 7, 12, tzinfo=UTC)
LATER = START + timedelta(microseconds=1)


def test_both_answer_alike(emulator: str) -> None:
    with pytest.MonkeyPatch.context() as environment:  # read by the client as it is made
        environment.setenv("FIRESTORE_EMULATOR_HOST", emulator)
        client = firestore.Client(project=f"p-{uuid.uuid4().hex[:8]}")
    for ask in (_documents, _updates, _queries, _ranges):
        answers = list(ask(client))
        assert len(answers) > 2
        assert list(ask(Client(lambda: datetime.now(UTC)))) == answers
    client.close()  # type: ignore[no-untyped-call]


def _documents(client: Any) -> Iterator[Any]:
    reference = client.collection("documents").document("a")
    missing = reference.get(timeout=5)
    yield missing.exists, missing.to_dict()
    reference.set({"start": START, "guests": ["x"], "claim": {"until": START}, "no": None})
    snapshot = reference.get(timeout=5)
    yield snapshot.exists, snapshot.to_dict(), snapshot.reference.path, snapshot.reference.id
    yield abs(snapshot.read_time - datetime.now(UTC)) < timedelta(minutes=1)
    yield snapshot.update_time <= snapshot.read_time


def _updates(client: Any) -> Iterator[Any]:
    reference = client.collection("updates").document("a")

    def update(changes: dict[str, Any], read: Any) -> Any:
        option = client.write_option(last_update_time=read.update_time)
        return reference.update(changes, option=option, timeout=5).update_time

    reference.set({"kept": 1, "gone": 2, "map": {"old": 1}})
    first = reference.get(timeout=5)
    changes = {"gone": firestore.DELETE_FIELD, "map": {"at": firestore.SERVER_TIMESTAMP}, "new": 3}
    updated = update(changes, first)
    second = reference.get(timeout=5)
    written = second.to_dict()
    yield abs(written["map"].pop("at") - second.read_time) < timedelta(minutes=1)
    yield written, second.update_time == updated, updated > first.update_time
    yield update({"new": 3}, second) == updated, update({"new": 4}, second) > updated
    with pytest.raises(FailedPrecondition):
        update({"new": 5}, second)
    yield reference.get(timeout=5).to_dict()["new"]


def _ids(query: Any) -> list[str]:
    return [snapshot.reference.id for snapshot in query.get(timeout=5)]


def _queries(client: Any) -> Iterator[Any]:
    collection = client.collection("queries")
    for document_id in "cabd":
        collection.document(document_id).set({"kind": "x" if document_id < "d" else "y"})
    yield _ids(collection.where(filter=FieldFilter("kind", "==", "x")).limit(2))
    yield _ids(collection.where(filter=FieldFilter("kind", "==", "z")))
    yield _ids(collection.order_by("__name__").limit(2))


def _ranges(client: Any) -> Iterator[Any]:
    """Of one type, and in the order of their field."""
    collection = client.collection("ranges")
    ends = {"a": LATER, "b": START, "c": LATER, "d": START.isoformat(), "e": None, "f": 4102444800}
    for document_id, end in ends.items():
        collection.document(document_id).set({"end": end, "claim": {"until": end}})
    collection.document("g").set({"claim": {"at": LATER}})
    collection.document("h").set({"claim": {"at": START}})
    yield _ids(collection.order_by("claim.at"))
    for field in ("end", "claim.until"):
        for least in (START, LATER, "2030-01-07"):
            since = collection.where(filter=FieldFilter(field, ">=", least)).order_by(field)
            yield _ids(since), _ids(since.limit(1))
