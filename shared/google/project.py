"""Who calls Firestore and Secret Manager: the Google Cloud project and the credentials there."""

from collections.abc import Callable
from typing import Any, TypeVar

import google.auth
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError

from shared.deadline import Deadline
from shared.errors import Misconfigured, StoreUnavailable
from shared.google.bounded_http import Answer, AnswerLost, NotSent, exchange
from shared.settings import Settings

Client = TypeVar("Client")
_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


def project_id(settings: Settings, transport: Any = None) -> str:
    """`GOOGLE_CLOUD_PROJECT` or, if unset, the project of the environment's credentials.

    Raises Misconfigured if neither names one.
    """
    if settings.google_cloud_project:
        return settings.google_cloud_project
    try:
        _, project = google.auth.default(request=transport)
    except DefaultCredentialsError:
        project = None
    if not project:
        raise Misconfigured(details=["GOOGLE_CLOUD_PROJECT is not set"])
    return str(project)


class Caller:
    """The environment's own identity: on Cloud Run the function's service account. A service's
    `stand_in` asks for no credentials."""

    def __init__(self, settings: Settings, stand_in: str | None, deadline: Deadline) -> None:
        transport = _transport(deadline)
        self.project = project_id(settings, transport)
        self.credentials: Any = None
        if stand_in is None:
            self.credentials, _ = google.auth.default(scopes=_SCOPES, request=transport)

    def authorization(self, deadline: Deadline) -> dict[str, str]:
        """The headers that authorise a call. Raises GoogleAuthError, NotSent, AnswerLost."""
        headers: dict[str, str] = {}
        if self.credentials:
            if not self.credentials.valid:
                self.credentials.refresh(_transport(deadline))
            self.credentials.apply(headers)
        return headers


def _transport(deadline: Deadline) -> Any:
    """google-auth's HTTP, bounded by a deadline. What it raises, google-auth does not retry."""

    def send(
        url: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any
    ) -> Answer:
        return exchange(deadline, url, method, body, headers or {})

    return send


def client_of(service: str, make: Callable[[Deadline], Client]) -> Callable[[Deadline], Client]:
    """A function that returns the instance's client of a service, made on first use.

    Making one looks up the environment's credentials, which may be refused or not come in time:
    then the function raises Misconfigured or StoreUnavailable.
    """
    made: list[Client] = []

    def client(deadline: Deadline) -> Client:
        if not made:
            try:
                made.append(make(deadline))
            except DefaultCredentialsError as error:
                details = [f"{service}: no credentials in the environment"]
                raise Misconfigured(details=details) from error
            except (GoogleAuthError, NotSent, AnswerLost) as error:
                cause = f"{service}: credentials: {type(error).__name__}"
                raise StoreUnavailable(cause) from error
        return made[0]

    return client
