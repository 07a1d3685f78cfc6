"""The classes in Firestore: find, read and update one.

Every write is a compare-and-set on the document's update time: Firestore refuses it if
anything was written since. Not a transaction: the library's have no deadline.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.classes.document import ClassDocument
from shared.classes.ranges import Range
from shared.classes.writes import Changes, Mark
from shared.concurrency import in_parallel
from shared.deadline import Deadline
from shared.errors import PreferenceNotUnique, StoreUnavailable, VirtualClassNotFound
from shared.google.firestore import bounded, firestore_client
from shared.settings import Settings

_SENTINELS = {Mark.REMOVED: firestore.DELETE_FIELD, Mark.SERVER_TIME: firestore.SERVER_TIMESTAMP}
_PAGE = 300
_HOURS = ("startTime", "endTime", "status", "googleEventId", "calendarGeneration")
_MOST_TAKING_HOURS = 500
_STUCK_FOR = timedelta(days=120)
"""Classes that have not been in line for longer are left out: `infra/reconcile.py` clears them."""


class ClassStore:
    """The collection `VIRTUAL_CLASS_COLLECTION`; safe for all threads of an instance.

    Besides what it documents, every method raises StoreUnavailable by its deadline and
    Misconfigured (no right, no such database).
    """

    def __init__(
        self, settings: Settings, client: Callable[[Deadline], firestore.Client] | None = None
    ) -> None:
        self._settings = settings
        self._client = client or firestore_client(settings)

    def find(self, preference_id: str, deadline: Deadline) -> ClassDocument:
        """The one class with this `preferenceId`. Raises VirtualClassNotFound and
        PreferenceNotUnique."""
        # Two results show a duplicate: Firestore has no unique fields. Equality on one field
        # needs no index of our own.
        is_it = FieldFilter("preferenceId", "==", preference_id)
        found = self._page(self._collection(deadline).where(filter=is_it).limit(2), deadline)
        if not found:
            raise VirtualClassNotFound("no class has this preferenceId")
        if len(found) > 1:
            raise PreferenceNotUnique("several classes have this preferenceId")
        return found[0]

    def all_in(self, ranges: Iterable[Range], page_seconds: float) -> Iterator[ClassDocument]:
        """All classes in any of the ranges, read in pages within `page_seconds` each. A class may
        come twice, and one whose field is changed meanwhile may not come."""
        for each in ranges:
            query = each.of(self._collection(Deadline(page_seconds))).limit(_PAGE)
            while query is not None:
                deadline = Deadline(page_seconds)
                found = bounded(query.get, deadline)
                yield from (self._document(snapshot, deadline) for snapshot in found)
                query = query.start_after(found[-1]) if len(found) == _PAGE else None

    def taking_hours(
        self, now: datetime, latest: datetime, deadline: Deadline
    ) -> Iterable[ClassDocument]:
        """The classes held from `now` until `latest` at most, and those asked for and not in line
        since; with only the fields that tell which hours they take. A class may come twice."""
        classes = self._collection(deadline).select(_HOURS)
        ranges = (
            Range("heldUntil", ((">", now), ("<=", latest))),
            Range("calendarClaim.expiresAt", ((">", now - _STUCK_FOR),)),
            Range("calendarError.at", ((">", now - _STUCK_FOR),)),
        )
        reads = [partial(self._few, each.of(classes), deadline) for each in ranges]
        return chain(*in_parallel(reads))

    def read(self, class_id: str, deadline: Deadline) -> ClassDocument:
        """The class as it is now. Raises VirtualClassNotFound."""
        snapshot = bounded(self._collection(deadline).document(class_id).get, deadline)
        if not snapshot.exists:
            raise VirtualClassNotFound("the class's document was deleted")
        return self._document(snapshot, deadline)

    def compare_and_set(
        self, document: ClassDocument, changes: Changes, deadline: Deadline
    ) -> ClassDocument:
        """Writes if nothing was written since `document` was read, and returns the new document,
        with `Mark`s for values that only Firestore knows. Raises Conflict otherwise, or if this
        write took effect but its answer was lost."""
        reference = self._collection(deadline).document(document.id)
        option = self._client(deadline).write_option(last_update_time=document.version)
        result = bounded(
            lambda **bounds: reference.update(_with_sentinels(changes), option=option, **bounds),
            deadline,
        )
        written = {**document.data, **changes}.items()
        data = {key: value for key, value in written if value is not Mark.REMOVED}
        return replace(document, data=data, version=result.update_time)

    def _few(self, query: Any, deadline: Deadline) -> list[ClassDocument]:
        """All classes that match. Raises StoreUnavailable if there are too many to read for each
        listing: leaving some out would make their hours look free."""
        found = self._page(query.limit(_MOST_TAKING_HOURS + 1), deadline)
        if len(found) > _MOST_TAKING_HOURS:
            cause = f"more than {_MOST_TAKING_HOURS} classes are held or not in line"
            raise StoreUnavailable(cause)
        return found

    def _page(self, query: Any, deadline: Deadline) -> list[ClassDocument]:
        return [self._document(each, deadline) for each in bounded(query.get, deadline)]

    def _collection(self, deadline: Deadline) -> Any:
        return self._client(deadline).collection(self._settings.virtual_class_collection)

    def _document(self, snapshot: Any, deadline: Deadline) -> ClassDocument:
        project = self._client(deadline).project
        root = f"projects/{project}/databases/{self._settings.firestore_database}/documents"
        return ClassDocument(
            id=snapshot.reference.id,
            name=f"{root}/{snapshot.reference.path}",
            data=snapshot.to_dict() or {},
            version=snapshot.update_time,
            read_time=snapshot.read_time,
        )


def _with_sentinels(value: Any) -> Any:
    """The changes with `Mark`s replaced by Firestore's sentinels."""
    if isinstance(value, Mapping):
        return {key: _with_sentinels(each) for key, each in value.items()}
    return _SENTINELS[value] if isinstance(value, Mark) else value
