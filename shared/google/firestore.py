"""Firestore under our own deadlines."""

from collections.abc import Callable
from typing import Any

from google.api_core import exceptions as api
from google.api_core.retry import Retry, if_exception_type
from google.auth.exceptions import GoogleAuthError
from google.cloud import firestore

from shared import log
from shared.deadline import Deadline, retrying
from shared.errors import Misconfigured, StoreUnavailable
from shared.google.project import Caller
from shared.settings import Settings

_NO_RETRY = Retry(predicate=if_exception_type())
"""Turns off the library's own retries (up to 300 s for a read); its queries fail on `None`."""


class Conflict(Exception):
    """The document was changed or deleted since it was read."""


def firestore_client(settings: Settings) -> Callable[[Deadline], firestore.Client]:
    """A function that returns the instance's client, made on first use. Raises what `Caller`
    raises."""
    made: list[firestore.Client] = []

    def client(deadline: Deadline) -> firestore.Client:
        if not made:
            caller = Caller(settings, settings.firestore_emulator_host, deadline)
            database = settings.firestore_database
            made.append(firestore.Client(caller.project, caller.credentials, database))
        return made[0]

    return client


def bounded(call: Callable[..., Any], deadline: Deadline) -> Any:
    """Makes a call under our own deadline and retries: the library's defaults take up to 300 s.
    For reads and writes with a precondition, which are safe to repeat.

    Raises Conflict, and by the deadline StoreUnavailable or Misconfigured (no right, no such
    database).
    """

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
