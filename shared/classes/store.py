"""The classes in Firestore: find, read and update one.

Every write is a compare-and-set on the document's update time: Firestore refuses it if
anything was written since. Not a transaction: the library's have no deadline.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from google.api_core import exceptions as api
from google.api_core.retry import Retry, if_exception_type
from google.auth.exceptions import GoogleAuthError
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from shared import log
from shared.classes.document import ClassDocument
from shared.classes.writes import Changes, Mark, applied
from shared.deadline import Deadline, retrying
from shared.errors import (
    Misconfigured,
    PreferenceNotUnique,
    StoreUnavailable,
    VirtualClassNotFound,
)
from shared.google.project import client_of, project_id
from shared.settings import Settings

_SENTINELS = {Mark.REMOVED: firestore.DELETE_FIELD, Mark.SERVER_TIME: firestore.SERVER_TIMESTAMP}
_PAGE = 300
_NO_RETRY = Retry(predicate=if_exception_type())
"""Turns off the library's own retries (up to 300 s for a read); its queries fail on `None`."""


class Conflict(Exception):
    """The document was changed or deleted since it was read."""


class ClassStore:
    """The collection `VIRTUAL_CLASS_COLLECTION`; safe for all threads of an instance.

    Besides what it documents, every method raises StoreUnavailable by its deadline and
    Misconfigured (no right, no such database).
    """

    def __init__(
        self, settings: Settings, client: Callable[[Deadline], firestore.Client] | None = None
    ) -> None:
        self._settings = settings
        self._client = client or client_of("Firestore", lambda: _client(settings))

    def find(self, preference_id: str, deadline: Deadline) -> ClassDocument:
        """The one class with this `preferenceId`. Raises VirtualClassNotFound and
        PreferenceNotUnique."""
        # Two results show a duplicate: Firestore has no unique fields. Equality on one field
        # needs no index of our own.
        query = (
            self._collection(deadline)
            .where(filter=FieldFilter("preferenceId", "==", preference_id))
            .limit(2)
        )
        found = self._page(query, deadline)
        if not found:
            raise VirtualClassNotFound("no class has this preferenceId")
        if len(found) > 1:
            raise PreferenceNotUnique("several classes have this preferenceId")
        return found[0]

    def from_id(self, first: str, page_seconds: float) -> Iterator[ClassDocument]:
        """The classes from the id `first` on (all, if it is empty), ordered by id, read in pages
        within `page_seconds` each."""
        query = self._collection(Deadline(page_seconds)).order_by("__name__").limit(_PAGE)
        following = query.start_at({"__name__": first}) if first else query
        while found := self._page(following, Deadline(page_seconds)):
            yield from found
            following = query.start_after({"__name__": found[-1].id})

    def read(self, document: ClassDocument, deadline: Deadline) -> ClassDocument:
        """The same class as it is now. Raises VirtualClassNotFound."""
        reference = self._collection(deadline).document(document.id)
        snapshot = _bounded(reference.get, deadline)
        if not snapshot.exists:
            raise VirtualClassNotFound("the class's document was deleted")
        return self._document(snapshot, deadline)

    def compare_and_set(
        self, document: ClassDocument, changes: Changes, deadline: Deadline
    ) -> ClassDocument:
        """Writes if nothing was written since `document` was read, and returns the new document.
        Raises Conflict otherwise, or if this write took effect but its answer was lost."""
        reference = self._collection(deadline).document(document.id)
        option = self._client(deadline).write_option(last_update_time=document.version)
        result = _bounded(
            lambda **bounds: reference.update(_with_sentinels(changes), option=option, **bounds),
            deadline,
        )
        data = applied(document.data, changes)
        return replace(document, data=data, version=result.update_time)

    def _page(self, query: Any, deadline: Deadline) -> list[ClassDocument]:
        return [self._document(each, deadline) for each in _bounded(query.get, deadline)]

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


def _client(settings: Settings) -> firestore.Client:
    return firestore.Client(project=project_id(settings), database=settings.firestore_database)


def _bounded(call: Callable[..., Any], deadline: Deadline) -> Any:
    """Makes a call under our own deadline and retries: the library's defaults take up to 300 s.
    For reads and writes with a precondition, which are safe to repeat."""

    def attempt(attempt_deadline: Deadline) -> Any:
        left = attempt_deadline.left()
        if left <= 0:
            raise StoreUnavailable("Firestore: no time left")
        log.count("firestore")
        try:
            return call(retry=_NO_RETRY, timeout=left)
        except (api.FailedPrecondition, api.NotFound) as error:
            if isinstance(error, api.NotFound) and "database" in str(error):
                raise Misconfigured(details=["FIRESTORE_DATABASE does not exist"]) from error
            raise Conflict from error
        except (api.PermissionDenied, api.Unauthenticated) as error:
            raise Misconfigured(details=["Firestore: this service account has no right"]) from error
        except (api.GoogleAPIError, GoogleAuthError) as error:
            raise StoreUnavailable(f"Firestore: {type(error).__name__}") from error

    return retrying(attempt, deadline, StoreUnavailable)
