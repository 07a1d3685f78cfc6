"""Who calls Firestore and Secret Manager: the Google Cloud project and the credentials there."""

from contextlib import suppress
from typing import Any

import google.auth
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError

from shared.deadline import Deadline
from shared.errors import Misconfigured, StoreUnavailable
from shared.google.bounded_http import Answer, AnswerLost, NotSent, exchange
from shared.settings import Settings

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


def project_id(settings: Settings, transport: Any = None) -> str:
    """`GOOGLE_CLOUD_PROJECT` or, if unset, the project of the environment's credentials.

    Raises Misconfigured if neither names one.
    """
    project = settings.google_cloud_project
    if not project:
        with suppress(DefaultCredentialsError):
            _, project = google.auth.default(request=transport)
    if not project:
        raise Misconfigured(details=["GOOGLE_CLOUD_PROJECT is not set"])
    return project


class Caller:
    """The environment's own identity: on Cloud Run the function's service account. A service's
    `stand_in` asks for no credentials.

    Raises Misconfigured if there are none, or StoreUnavailable if they do not come in time.
    """

    def __init__(self, settings: Settings, stand_in: str | None, deadline: Deadline) -> None:
        transport = _transport(deadline)
        self.credentials: Any = None
        try:
            self.project = project_id(settings, transport)
            if stand_in is None:
                self.credentials, _ = google.auth.default(scopes=_SCOPES, request=transport)
        except DefaultCredentialsError as error:
            raise Misconfigured(details=["no Google credentials in the environment"]) from error
        except (GoogleAuthError, NotSent, AnswerLost) as error:
            raise StoreUnavailable(f"credentials: {type(error).__name__}") from error

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
