"""Firestore: whether the classes can be queried, and whether strangers can read them."""

import requests
from google.api_core import exceptions as api
from google.api_core.retry import Retry, if_exception_type
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.cloud import firestore

from infra.commands.doctor.examination import Case
from infra.commands.doctor.outcome import Doubtful
from infra.commands.unusable import Unusable

_CALL_SECONDS = 20
_NO_RETRY = Retry(predicate=if_exception_type())
_LOG_IN = "gcloud auth application-default login as somebody with roles/datastore.viewer"
_ANY_ID = "infra-doctor"
_CLOSED_RULES = "allow read, write: if false"


def query(case: Case) -> str:
    collection = case.settings.virtual_class_collection
    try:
        client = firestore.Client(project=case.project, database=case.settings.firestore_database)
        try:
            found = (
                client.collection(collection).limit(1).get(retry=_NO_RETRY, timeout=_CALL_SECONDS)
            )
        finally:
            client.close()  # type: ignore[no-untyped-call]
    except (api.GoogleAPIError, GoogleAuthError) as error:
        raise _refused(case, error) from error
    if not found:
        raise Doubtful(
            f"there is no document in {collection} ({_place(case)})",
            "if classes were written: correct GOOGLE_CLOUD_PROJECT, FIRESTORE_DATABASE or"
            " VIRTUAL_CLASS_COLLECTION",
        )
    return f"{collection} holds classes ({_place(case)})"


def rules(case: Case) -> str:
    """Asks as anybody on the internet can, who needs nothing but the project's name."""
    settings = case.settings
    emulator = settings.firestore_emulator_host
    root = f"http://{emulator}/v1" if emulator else "https://firestore.googleapis.com/v1"
    documents = f"projects/{case.project}/databases/{settings.firestore_database}/documents"
    collection = f"{root}/{documents}/{settings.virtual_class_collection}"
    listing = _status(collection, {"pageSize": "1"})
    # Whoever may read a document is told 404 of one that is not there.
    single = _status(f"{collection}/{_ANY_ID}", {})
    if listing == 200 or single in (200, 404):
        raise Unusable(
            f"anybody can read {settings.virtual_class_collection}: e-mail addresses and links",
            f"publish rules that keep clients out of it ({_CLOSED_RULES}) in the Firebase"
            " console, Firestore Database, Rules; the functions do not depend on rules",
        )
    if {listing, single} <= {401, 403}:
        return "strangers cannot read the classes"
    raise Unusable(f"Firestore answers a stranger {listing} and {single}", "try again")


def _status(url: str, query: dict[str, str]) -> int:
    try:
        return requests.get(url, params=query, timeout=_CALL_SECONDS).status_code
    except requests.RequestException as error:
        raise Unusable(
            f"Firestore does not answer ({type(error).__name__})", "try again"
        ) from error


def _place(case: Case) -> str:
    return f"project {case.project}, database {case.settings.firestore_database}"


def _refused(case: Case, error: Exception) -> Unusable:
    if isinstance(error, api.NotFound):
        return Unusable(
            f"there is no such database: {_place(case)}",
            "correct GOOGLE_CLOUD_PROJECT or FIRESTORE_DATABASE, or run infra/project.sh",
        )
    if isinstance(error, api.FailedPrecondition):
        return Unusable(
            f"Firestore does not serve {_place(case)} in native mode",
            "set FIRESTORE_DATABASE to a database in native mode",
        )
    if isinstance(error, api.PermissionDenied) and "disabled" in str(error):
        return Unusable(
            f"the Firestore API is not enabled in the project {case.project}", "infra/project.sh"
        )
    if isinstance(error, DefaultCredentialsError):
        return Unusable("there are no Google Cloud credentials on this machine", _LOG_IN)
    if isinstance(error, api.PermissionDenied | api.Unauthenticated | GoogleAuthError):
        return Unusable(f"these credentials may not read {_place(case)}", _LOG_IN)
    return Unusable(f"Firestore does not answer ({type(error).__name__})", "try again")
