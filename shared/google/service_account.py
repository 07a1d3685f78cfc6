"""The environment's own credentials: on Cloud Run the function's service account."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import google.auth
from google.auth import transport
from google.auth.credentials import Credentials
from google.auth.exceptions import TransportError

from shared.deadline import Deadline
from shared.google.bounded_http import AnswerLost, NotSent, exchange

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


@dataclass(frozen=True)
class _Response:
    """What google-auth reads of a `transport.Response`."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class _Transport(transport.Request):
    """google-auth's HTTP, bounded by a deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002  # the deadline counts
        **_: Any,
    ) -> _Response:
        try:
            response, content = exchange(self._deadline, url, method, body, dict(headers or {}))
        except (NotSent, AnswerLost) as error:
            raise TransportError(str(error)) from error  # type: ignore[no-untyped-call]
        return _Response(response.status, response, content)


def environment_credentials() -> Credentials:
    """Raises DefaultCredentialsError if there are none."""
    credentials, _ = google.auth.default(scopes=_SCOPES)
    return credentials


def authorization(credentials: Credentials, deadline: Deadline) -> dict[str, str]:
    """The headers that authorise a call to Google Cloud. Raises GoogleAuthError."""
    if not credentials.valid:
        credentials.refresh(_Transport(deadline))  # type: ignore[no-untyped-call]
    headers: dict[str, str] = {}
    credentials.apply(headers)  # type: ignore[no-untyped-call]
    return headers
