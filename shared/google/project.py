"""The Google Cloud project of Firestore and Secret Manager, and their clients."""

from collections.abc import Callable
from typing import TypeVar

import google.auth
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError

from shared.deadline import Deadline
from shared.errors import Misconfigured, StoreUnavailable
from shared.settings import Settings
from shared.single_flight import SingleFlight

Client = TypeVar("Client")


def project_id(settings: Settings) -> str:
    """`GOOGLE_CLOUD_PROJECT` or, if unset, the project of the environment's credentials.

    Raises Misconfigured if neither names one.
    """
    if settings.google_cloud_project:
        return settings.google_cloud_project
    try:
        _, project = google.auth.default()
    except DefaultCredentialsError:
        project = None
    if not project:
        raise Misconfigured(details=["GOOGLE_CLOUD_PROJECT is not set"])
    return str(project)


def client_of(service: str, make: Callable[[], Client]) -> Callable[[Deadline], Client]:
    """A function that returns the instance's client of a service, made on first use.

    Making one looks up the environment's credentials, which takes 12 s if the metadata server
    does not respond. So the function raises StoreUnavailable by the caller's deadline, and
    Misconfigured if there are no credentials.
    """

    def made(_: Deadline) -> Client:
        try:
            return make()
        except DefaultCredentialsError as error:
            details = [f"{service}: no credentials in the environment"]
            raise Misconfigured(details=details) from error
        except GoogleAuthError as error:
            raise StoreUnavailable(f"{service}: {type(error).__name__}") from error

    making = SingleFlight(made)

    def client(deadline: Deadline) -> Client:
        if making.latest is not None:
            return making.latest
        try:
            return making.result(deadline)
        except TimeoutError as error:
            raise StoreUnavailable(f"{service}: no credentials in time") from error

    return client
