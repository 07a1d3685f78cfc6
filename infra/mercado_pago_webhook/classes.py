"""The classes in Firestore. Every function raises Ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from google.api_core.exceptions import FailedPrecondition, GoogleAPIError
from google.api_core.retry import Retry, if_exception_type
from google.auth.exceptions import GoogleAuthError
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from .codes import Code, Ended
from .judgement import SoldClass
from .settings import Settings

BOUNDS = {"retry": Retry(predicate=if_exception_type()), "timeout": 3}
"""Of each call: the library's own retries take minutes."""

_FIELDS = ("classPrice", "status", "startTime", "googleEventId")


class ClassChanged(Ended):
    """The class was written since it was read."""


def find(preference_id: str, settings: Settings) -> SoldClass | None:
    is_it = FieldFilter("preferenceId", "==", preference_id)
    with translated():
        named = _classes(settings).where(filter=is_it).select(_FIELDS).limit(1)
        found = named.get(**BOUNDS)
    if not found:
        return None
    return SoldClass(found[0].id, found[0].to_dict() or {}, found[0].update_time)


def cancel(virtual_class: SoldClass, settings: Settings) -> None:
    """Sets the class's status to cancelled. Raises ClassChanged, too."""
    with translated():
        is_unchanged = client(settings).write_option(last_update_time=virtual_class.version)
        _classes(settings).document(virtual_class.id).update(
            {"status": "cancelled"}, option=is_unchanged, **BOUNDS
        )


@cache
def client(settings: Settings) -> firestore.Client:
    return firestore.Client(project=settings.project, database=settings.database)


def _classes(settings: Settings) -> Any:
    return client(settings).collection(settings.collection)


@contextmanager
def translated() -> Iterator[None]:
    """Firestore's errors as ours."""
    try:
        yield
    except FailedPrecondition as error:
        raise ClassChanged(Code.STORE_UNAVAILABLE, "the class keeps changing") from error
    except (GoogleAPIError, GoogleAuthError) as error:
        raise Ended(Code.STORE_UNAVAILABLE, type(error).__name__) from error
