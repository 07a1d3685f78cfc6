"""Controls a running stand-in from Python."""

import http.client
import json
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from . import defaults

Json = Any
Object = dict[str, Any]


class ControlError(Exception):
    """The stand-in does not do what was asked; the message says why."""


class Control:
    """The stand-in behind ``url``; each call is one request to it.

    The README beside this module describes events, settings, faults and requests.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._address = urlsplit(self.url).netloc

    def reset(self, keep_access_tokens: bool = False) -> None:
        """Back to how it was right after the start; waiting requests are let go.

        ``keep_access_tokens`` spares clients that go on the 401 and the refresh that follows it.
        """
        self._call("POST", "reset", {"keep_access_tokens": keep_access_tokens})

    def settings(self, **changes: Json) -> Object:
        """Changes the settings named and answers all of them."""
        return self._object("PATCH", "settings", changes)

    def meet(self, mode: str, **details: Json) -> None:
        """Sets how Meet links are made: success, pending, failure, not_allowed."""
        self.settings(meet={"mode": mode, **details})

    def latency(self, seconds: float, operation: str = "*") -> None:
        """Sets how long an operation takes before it takes effect."""
        held = self.settings()["latency"]
        self.settings(latency={**held, operation: seconds})

    def put_calendar(self, calendar_id: str, **details: Json) -> None:
        """Adds or changes a calendar: ``summary``, ``time_zone``, ``roles`` by account."""
        self._call("PUT", "calendars", {"id": calendar_id, **details})

    def seed(self, *events: Object) -> list[Object]:
        """Holds events as Google would, and answers them in full."""
        return self._list("POST", "events", {"events": events})

    def events(self) -> list[Object]:
        """Every event, cancelled ones too."""
        return self._list("GET", "events")

    def edit(self, event_id: str, changes: Object) -> Object:
        """Changes an event as a human would in the calendar's page, telling nobody."""
        return self._object("PATCH", "events", {"id": event_id, "changes": changes})

    def remove(self, event_id: str, for_good: bool = False) -> None:
        """Deletes an event by hand, telling nobody; ``for_good`` leaves no tombstone either."""
        self._call("DELETE", "events", {"id": event_id, "for_good": for_good})

    def invitations(self) -> list[Object]:
        """Every mail sent to guests, in order."""
        return self._list("GET", "invitations")

    def requests(self, operation: str | None = None, after: int = 0) -> list[Object]:
        """What was received after the request numbered ``after``, in order."""
        return self._list("GET", "requests", {"operation": operation, "after": after})

    def counts(self) -> dict[str, int]:
        """How many requests each operation received; cheaper than ``requests``."""
        return self._object("GET", "counts")

    def clear_requests(self) -> None:
        """Forgets what was received so far."""
        self._call("DELETE", "requests")

    def refusals(self) -> list[Object]:
        """What was asked for that Google's document, or the stand-in, does not know."""
        return self._list("GET", "refusals")

    def fault(self, operation: str, kind: str, **details: Json) -> None:
        """Plans a fault."""
        self._call("POST", "faults", {"operation": operation, "kind": kind, **details})

    def clear_faults(self) -> None:
        self._call("DELETE", "faults")

    def refresh_tokens(self) -> list[str]:
        """All refresh tokens ever valid."""
        tokens: list[str] = self._call("GET", "refresh_tokens")
        return tokens

    def add_refresh_token(self, token: str, **grant: Json) -> None:
        """Makes a refresh token valid; ``account``, ``client_id``, ``scopes`` have defaults."""
        self._call("POST", "refresh_tokens", {"token": token, **grant})

    def revoke(self, token: str = defaults.REFRESH_TOKEN) -> None:
        """Revokes a refresh token and the access tokens made of it."""
        self._call("POST", "refresh_tokens/revoke", {"token": token})

    def expire_access_tokens(self) -> None:
        self._call("POST", "access_tokens/expire")

    def secrets(self) -> list[Object]:
        """The secrets asked for or set so far, with payload and state of every version."""
        return self._list("GET", "secrets")

    def replace_secrets(self, projects: dict[str, dict[str, list[str]]]) -> None:
        """From now on exactly these: ``{project: {secret: [payload of version 1, ...]}}``."""
        self._call("PUT", "secrets", {"projects": projects})

    def add_secret_version(
        self, payload: str, project: str, secret: str = defaults.REFRESH_TOKEN_SECRET
    ) -> None:
        """Adds a version, and the secret if there is none."""
        values = {"payload": payload, "project": project, "secret": secret}
        self._call("POST", "secrets", values)

    def disable_secret_version(
        self, version: int, project: str, secret: str = defaults.REFRESH_TOKEN_SECRET
    ) -> None:
        values = {"version": version, "project": project, "secret": secret}
        self._call("DELETE", "secrets", values)

    def _object(self, method: str, path: str, values: Object | None = None) -> Object:
        answer: Object = self._call(method, path, values)
        return answer

    def _list(self, method: str, path: str, values: Object | None = None) -> list[Object]:
        answer: list[Object] = self._call(method, path, values)
        return answer

    def _call(self, method: str, path: str, values: Object | None = None) -> Json:
        body = None if values is None else json.dumps(values)
        with closing(http.client.HTTPConnection(self._address, timeout=30)) as connection:
            connection.request(method, f"/control/{path}", body, {"Connection": "close"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        if response.status != 200:
            raise ControlError(f"{method} {path}: {answer}")
        return answer
