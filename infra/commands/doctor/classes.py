"""Checks Firestore: whether the classes can be queried, and whether strangers can read them."""

import requests
from google.api_core import exceptions as api
from google.api_core.retry import Retry, if_exception_type
from google.auth.exceptions import GoogleAuthError
from google.cloud import firestore

from infra.commands.cures import unusable
from infra.commands.doctor.examination import Case
from infra.commands.unusable import Doubtful, Unusable

_CALL_SECONDS = 20
_NO_RETRY = Retry(predicate=if_exception_type())
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
        raise unusable("firestore", error, place=_place(case)) from error
    if not found:
        raise Doubtful(
            f"there is no document in {collection} ({_place(case)})",
            "if classes were written: correct GOOGLE_CLOUD_PROJECT, FIRESTORE_DATABASE or"
            " VIRTUAL_CLASS_COLLECTION",
        )
    return f"{collection} holds classes ({_place(case)})"


def rules(case: Case) -> str:
    """Reads without credentials, as anybody can who knows the project's name."""
    settings = case.settings
    emulator = settings.firestore_emulator_host
    root = f"http://{emulator}/v1" if emulator else "https://firestore.googleapis.com/v1"
    documents = f"projects/{case.project}/databases/{settings.firestore_database}/documents"
    collection = f"{root}/{documents}/{settings.virtual_class_collection}"
    listing = _status(collection, {"pageSize": "1"})
    # A 404 for a missing document means that documents can be read.
    single = _status(f"{collection}/{_ANY_ID}", {})
    if listing == 200 or single in (200, 404):
        raise Unusable(
            f"anybody can read {settings.virtual_class_collection}: e-mail addresses and links",
            f"publish rules that keep clients out of it ({_CLOSED_RULES}) in the Firebase"
            " console, Firestore Database, Rules; the functions do not depend on rules",
        )
    if {listing, single} <= {401, 403}:
        return "strangers cannot read the classes"
    raise Unusable(f"Firestore answers a stranger {listing} and {single}", "try again later")


def _status(url: str, query: dict[str, str]) -> int:
    try:
        return requests.get(url, params=query, timeout=_CALL_SECONDS).status_code
    except requests.RequestException as error:
        raise unusable("firestore", error) from error


def _place(case: Case) -> str:
    return f"project {case.project}, database {case.settings.firestore_database}"
