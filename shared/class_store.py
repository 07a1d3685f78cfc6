"""The classes in Firestore: find one, claim it, and write on it while the claim is ours.

Every write is a compare-and-set on the document's update time: Firestore refuses it if
anything was written since. No transaction: the library's begins and retries keep to no
deadline. A commit whose answer was lost may have landed, and repeating it then looks like
somebody else's write; so a refusal is believed only after reading whose token is there.
"""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from google.api_core import exceptions as api
from google.api_core.retry import Retry, if_exception_type
from google.auth.exceptions import GoogleAuthError
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from shared import log
from shared.deadline import Deadline, retrying
from shared.errors import (
    InvalidVirtualClass,
    Misconfigured,
    PreferenceNotUnique,
    ServiceError,
    StoreUnavailable,
    VirtualClassNotFound,
)
from shared.once import once
from shared.project import project_id
from shared.settings import Settings

REMOVED = firestore.DELETE_FIELD
SERVER_TIME = firestore.SERVER_TIMESTAMP

_CONTENT = (
    "preferenceId", "startTime", "endTime", "classType", "studentEmail", "learningFocus",
    "maxParticipants", "status",
)  # fmt: skip
"""The fields an event is made from."""

_PAGE = 300

_NO_RETRY = Retry(predicate=if_exception_type())
"""The library's own retries (up to 300 s for a read) off; `None` fails inside its queries."""


_JUST_NOW_SECONDS = 1.0


class ClaimLost(Exception):
    """Another delivery holds the claim, or has finished meanwhile: nothing may be written."""


class ClassChanged(Exception):
    """The claim is ours still, but the class is not what it was: look again and follow it."""


@dataclass(frozen=True)
class StoredClass:
    """A class's document as it was read at `read_time`, Firestore's own clock."""

    reference: firestore.DocumentReference
    name: str
    data: Mapping[str, Any]
    update_time: Any
    read_time: datetime

    @property
    def content(self) -> list[Any]:
        return [self.data.get(key) for key in _CONTENT]

    @property
    def generation(self) -> int:
        """How many events of this class were deleted. Raises InvalidVirtualClass."""
        value = self.data.get("calendarGeneration", 0)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise InvalidVirtualClass(details=["calendarGeneration must be a whole number"])
        return value

    @property
    def event_id(self) -> str | None:
        """The id of the event that is recorded as the class's."""
        value = self.data.get("googleEventId")
        return value if value and isinstance(value, str) else None

    @property
    def claim_token(self) -> str | None:
        claim = self.data.get("calendarClaim")
        return claim.get("token") if isinstance(claim, dict) else None

    @property
    def claim_seconds_left(self) -> float:
        """Until the lease on the document runs out; 0 if there is none that runs."""
        claim = self.data.get("calendarClaim")
        expires_at = claim.get("expiresAt") if isinstance(claim, dict) else None
        if not isinstance(expires_at, datetime):
            return 0.0
        return max((expires_at - self.read_time).total_seconds(), 0.0)

    @property
    def failing_since(self) -> datetime | None:
        """When the first failure in a row was recorded."""
        error = self.data.get("calendarError")
        since = error.get("since") if isinstance(error, dict) else None
        return since if isinstance(since, datetime) else None


class ClassStore:
    """The collection `VIRTUAL_CLASS_COLLECTION`, for all threads of an instance.

    Every method raises, besides what it names, StoreUnavailable by its deadline and
    Misconfigured (no right, no such database).
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client = once(
            lambda: firestore.Client(
                project=project_id(settings), database=settings.firestore_database
            )
        )

    def find(self, preference_id: str, deadline: Deadline) -> StoredClass:
        """The one class with this `preferenceId`.

        Raises VirtualClassNotFound, PreferenceNotUnique.
        """
        # Two tell whether there is one: nothing in Firestore keeps the field unique.
        # An equality on one field is served by the index that every field has.
        query = (
            self._client()
            .collection(self._settings.virtual_class_collection)
            .where(filter=FieldFilter("preferenceId", "==", preference_id))
            .limit(2)
        )
        found = _bounded(lambda timeout: query.get(retry=_NO_RETRY, timeout=timeout), deadline)
        if not found:
            raise VirtualClassNotFound("no class has this preferenceId")
        if len(found) > 1:
            raise PreferenceNotUnique("several classes have this preferenceId")
        return self._stored(found[0])

    def from_id(self, first: str, page_seconds: float) -> Iterator[StoredClass]:
        """The classes from the id `first` on (all, if it is empty) in the order of their ids,
        read in pages, each within `page_seconds`."""
        collection = self._client().collection(self._settings.virtual_class_collection)
        ordered = collection.order_by("__name__").limit(_PAGE)

        def page(query: Any) -> Any:
            return _bounded(
                lambda timeout: query.get(retry=_NO_RETRY, timeout=timeout), Deadline(page_seconds)
            )

        query = ordered.start_at({"__name__": first}) if first else ordered
        while found := page(query):
            yield from map(self._stored, found)
            query = ordered.start_after({"__name__": found[-1].reference.id})

    def read(self, stored: StoredClass, deadline: Deadline) -> StoredClass:
        """The same class as it is now. Raises VirtualClassNotFound."""
        reference = stored.reference
        snapshot = _bounded(
            lambda timeout: reference.get(retry=_NO_RETRY, timeout=timeout), deadline
        )
        if not snapshot.exists:
            raise VirtualClassNotFound("the class's document was deleted")
        return self._stored(snapshot)

    def claim(self, stored: StoredClass, lease_seconds: float, deadline: Deadline) -> "Claim":
        """Claims the class, if its document still is as it was read. Raises ClaimLost."""
        claim = Claim(self, stored)
        expires_at = stored.read_time + timedelta(seconds=lease_seconds)
        claim.write(
            {"calendarClaim": {"token": claim.token, "expiresAt": expires_at}},
            deadline,
            landed=lambda now: now.claim_token == claim.token,
            retry_on_conflict=False,
        )
        return claim

    def compare_and_set(
        self, stored: StoredClass, changes: Mapping[str, Any], deadline: Deadline
    ) -> StoredClass:
        """Writes if nothing was written since `stored` was read; returns it with the new
        update time. Raises google.api_core's FailedPrecondition or NotFound if it was, or
        if this very write landed and its answer was lost."""
        option = self._client().write_option(last_update_time=stored.update_time)
        result = _bounded(
            lambda timeout: stored.reference.update(
                dict(changes), option=option, retry=_NO_RETRY, timeout=timeout
            ),
            deadline,
        )
        return replace(stored, update_time=result.update_time)

    def _stored(self, snapshot: Any) -> StoredClass:
        root = f"projects/{self._client().project}/databases/{self._settings.firestore_database}"
        return StoredClass(
            reference=snapshot.reference,
            name=f"{root}/documents/{snapshot.reference.path}",
            data=snapshot.to_dict() or {},
            update_time=snapshot.update_time,
            read_time=snapshot.read_time,
        )


class Claim:
    """A class that is ours to work on, while its document bears our token."""

    def __init__(self, store: ClassStore, stored: StoredClass) -> None:
        self.stored = stored
        self.token = uuid.uuid4().hex
        self._store = store
        self._seen_at = 0.0
        self._is_given_up = False

    def confirm(self, deadline: Deadline) -> None:
        """To be called before each Calendar write: makes sure that the claim is ours and the
        class unchanged, by reading it again unless our own write has just shown it.

        Raises ClaimLost, ClassChanged.
        """
        if time.monotonic() - self._seen_at > _JUST_NOW_SECONDS:
            self._look_again(deadline)
        self._seen_at = 0.0

    def raise_generation(self, deadline: Deadline) -> None:
        """Moves on to the next event id, on the document first. Raises ClaimLost, ClassChanged."""
        before, generation = self.stored.content, self.stored.generation + 1
        self.write(
            {"calendarGeneration": generation},
            deadline,
            landed=lambda now: now.claim_token == self.token and now.generation >= generation,
        )
        self.stored = replace(
            self.stored, data={**self.stored.data, "calendarGeneration": generation}
        )
        if self.stored.content != before:
            raise ClassChanged

    def finish(self, changes: Mapping[str, Any], deadline: Deadline) -> None:
        """Writes an outcome and gives up the claim in one step. Raises ClaimLost, ClassChanged."""
        self.write(
            {**changes, "calendarClaim": REMOVED},
            deadline,
            landed=lambda now: now.claim_token is None and _has(now, changes),
        )
        self._is_given_up = True

    def fail(self, error: ServiceError, *, keep_claim: bool, deadline: Deadline) -> None:
        """Writes `calendarError`, if the claim is not given up yet, and gives it up unless it
        is to be kept: while the outcome of a Calendar write is unknown. Raises ClaimLost."""
        if self._is_given_up:
            return
        changes = {"calendarError": self.failure(error)}
        while True:
            try:
                if keep_claim:
                    self.write(changes, deadline, landed=lambda _: False)
                else:
                    self.finish(changes, deadline)
                return
            except ClassChanged:  # which is for the next delivery to follow
                continue

    def failure(self, error: ServiceError) -> dict[str, Any]:
        """What `calendarError` says of an error; our own words only."""
        since = self.stored.failing_since or SERVER_TIME
        return {"code": error.code, "message": error.cause, "at": SERVER_TIME, "since": since}

    def write(
        self,
        changes: Mapping[str, Any],
        deadline: Deadline,
        *,
        landed: Callable[[StoredClass], bool],
        retry_on_conflict: bool = True,
    ) -> None:
        """Compare-and-set. `landed` tells from the document whether this write is on it, for
        when a refusal may be the echo of our own write."""
        while True:
            try:
                self.stored = self._store.compare_and_set(self.stored, changes, deadline)
            except (api.FailedPrecondition, api.NotFound):
                now = self._store.read(self.stored, deadline)
                if not landed(now):
                    if not retry_on_conflict:
                        raise ClaimLost from None
                    self._look_again(deadline, now)
                    continue
                self.stored = now
            self._seen_at = time.monotonic()
            return

    def _look_again(self, deadline: Deadline, now: StoredClass | None = None) -> None:
        now = now or self._store.read(self.stored, deadline)
        if now.claim_token != self.token:
            raise ClaimLost
        before, self.stored = self.stored, now
        if now.content != before.content:
            raise ClassChanged


def _has(stored: StoredClass, changes: Mapping[str, Any]) -> bool:
    """Whether the plain values of a write are on the document."""
    return all(
        stored.data.get(key) == value
        for key, value in changes.items()
        if isinstance(value, str | bool | int)
    )


def _bounded(call: Callable[[float], Any], deadline: Deadline) -> Any:
    """One of Firestore's calls under our own deadline and retries: the library's defaults go
    on for up to 300 s. Safe to repeat: reads, and writes with a precondition."""

    def attempt(attempt_deadline: Deadline) -> Any:
        left = attempt_deadline.left()
        if left <= 0:
            raise StoreUnavailable("Firestore: no time left")
        log.count("firestore")
        try:
            return call(left)
        except (api.FailedPrecondition, api.NotFound) as error:
            if isinstance(error, api.NotFound) and "database" in str(error):
                raise Misconfigured(details=["FIRESTORE_DATABASE does not exist"]) from error
            raise
        except (api.PermissionDenied, api.Unauthenticated) as error:
            raise Misconfigured(details=["Firestore: this service account has no right"]) from error
        except (api.GoogleAPIError, GoogleAuthError) as error:
            raise StoreUnavailable(f"Firestore: {type(error).__name__}") from error

    return retrying(attempt, deadline, lambda error: isinstance(error, StoreUnavailable))
