"""The simulation's Firestore answers as the emulator does: the same tests on both."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.api_core import exceptions as api
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from tests.simulation.firestore import Client

START = datetime(2030, 1, 7, 12, tzinfo=UTC)


@pytest.fixture(params=["in memory", "emulator"])
def client(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of a database without documents."""
    if request.param == "in memory":
        yield Client(lambda: datetime.now(UTC))
        return
    with pytest.MonkeyPatch.context() as environment:  # read by the client as it is made
        environment.setenv("FIRESTORE_EMULATOR_HOST", request.getfixturevalue("emulator"))
        client = firestore.Client(project=f"p-{uuid.uuid4().hex[:8]}")
    yield client
    client.close()  # type: ignore[no-untyped-call]


@pytest.fixture
def collection(client: Any) -> Any:
    return client.collection("VirtualClass")


def _ids(query: Any) -> list[str]:
    return [snapshot.reference.id for snapshot in query.get(timeout=5)]


def _update(client: Any, changes: dict[str, Any], read: Any) -> Any:
    """Updates a document if it still is as it was read."""
    option = client.write_option(last_update_time=read.update_time)
    return read.reference.update(changes, option=option, timeout=5)


def test_a_document_is_read_as_it_was_written(collection: Any) -> None:
    reference = collection.document("a")
    assert not reference.get(timeout=5).exists
    assert reference.get(timeout=5).to_dict() is None
    data = {"start": START, "guests": ["x"], "claim": {"token": "t", "until": START}, "no": None}
    reference.set(data)
    snapshot = reference.get(timeout=5)
    assert snapshot.exists and snapshot.to_dict() == data
    assert reference.path == "VirtualClass/a" and snapshot.reference.id == "a"
    assert abs(snapshot.read_time - datetime.now(UTC)) < timedelta(minutes=1)
    assert snapshot.update_time <= snapshot.read_time


def test_an_update_changes_the_named_fields_only(client: Any, collection: Any) -> None:
    reference = collection.document("a")
    reference.set({"kept": 1, "gone": 2, "map": {"old": 1}})
    changes = {"gone": firestore.DELETE_FIELD, "map": {"at": firestore.SERVER_TIMESTAMP}, "new": 3}
    result = _update(client, changes, reference.get(timeout=5))
    snapshot = reference.get(timeout=5)
    written = snapshot.to_dict()
    assert {**written, "map": written["map"].keys()} == {"kept": 1, "new": 3, "map": {"at"}}
    assert abs(written["map"]["at"] - snapshot.read_time) < timedelta(minutes=1)
    assert snapshot.update_time == result.update_time


def test_an_update_of_another_version_is_refused(client: Any, collection: Any) -> None:
    collection.document("a").set({"value": 1})
    old = collection.document("a").get(timeout=5)
    assert _update(client, {"value": 1}, old).update_time == old.update_time
    assert _update(client, {"value": 2}, old).update_time > old.update_time
    with pytest.raises(api.FailedPrecondition):
        _update(client, {"value": 3}, old)


def test_queries_find_by_a_field_and_in_the_order_of_ids(collection: Any) -> None:
    for document_id in "cabd":
        collection.document(document_id).set({"kind": "x" if document_id < "d" else "y"})
    assert _ids(collection.where(filter=FieldFilter("kind", "==", "x")).limit(2)) == ["a", "b"]
    assert _ids(collection.where(filter=FieldFilter("kind", "==", "z"))) == []
    assert _ids(collection.order_by("__name__").limit(2)) == ["a", "b"]


def test_ranges_are_of_one_type_and_in_the_order_of_their_field(collection: Any) -> None:
    later = START + timedelta(microseconds=1)
    ends = {"a": later, "b": START, "c": later, "d": START.isoformat(), "e": None, "f": 4102444800}
    for document_id, end in ends.items():
        collection.document(document_id).set({"end": end, "claim": {"until": end}})
    collection.document("g").set({"claim": {"at": later}})
    collection.document("h").set({"claim": {"at": START}})
    assert _ids(collection.order_by("claim.at")) == ["h", "g"]
    for field, least, found in (
        ("end", START, ["b", "a", "c"]),
        ("end", later, ["a", "c"]),
        ("end", "2030-01-07", ["d"]),
        ("claim.until", START, ["b", "a", "c"]),
        ("claim.until", "2030-01-07", ["d"]),
    ):
        since = collection.where(filter=FieldFilter(field, ">=", least)).order_by(field)
        assert _ids(since) == found
