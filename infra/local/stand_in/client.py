"""Controls a running stand-in from Python."""

import http.client
import json
from typing import Any
from urllib.parse import urlencode, urlsplit

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

    def seed(self, *events: Object, calendar_id: str = defaults.CALENDAR_ID) -> list[Object]:
        """Holds events as Google would, and answers them in full."""
        return self._list("POST", "events", {"calendar_id": calendar_id, "events": events})

    def events(self, calendar_id: str = defaults.CALENDAR_ID) -> list[Object]:
        """Every event of a calendar, cancelled ones too."""
        return self._list("GET", "events", query={"calendar_id": calendar_id})

    def edit(
        self,
        event_id: str,
        changes: Object,
        calendar_id: str = defaults.CALENDAR_ID,
        send_updates: str = "none",
    ) -> Object:
        """Changes an event as a human would in the calendar's page."""
        values = {"id": event_id, "changes": changes}
        values |= {"calendar_id": calendar_id, "send_updates": send_updates}
        return self._object("PATCH", "events", values)

    def remove(
        self,
        event_id: str,
        calendar_id: str = defaults.CALENDAR_ID,
        send_updates: str = "none",
        for_good: bool = False,
    ) -> None:
        """Deletes an event by hand; ``for_good`` leaves no tombstone either."""
        values: Object = {"id": event_id, "calendar_id": calendar_id}
        values |= {"send_updates": send_updates, "for_good": for_good}
        self._call("DELETE", "events", values)

    def invitations(self) -> list[Object]:
        """Every mail sent to guests, in order."""
        return self._list("GET", "invitations")

    def requests(self, operation: str | None = None, after: int = 0) -> list[Object]:
        """What was received after the request numbered ``after``, in order."""
        query: Object = {"after": after}
        if operation is not None:
            query["operation"] = operation
        return self._list("GET", "requests", query=query)

    def counts(self) -> dict[str, int]:
        """How many requests each operation received; cheaper than ``requests``."""
        return self._object("GET", "counts")

    def clear_requests(self) -> None:
        """Forgets what was received so far."""
        self._call("DELETE", "requests")

    def refusals(self) -> list[Object]:
        """What was asked for that Google's document, or the stand-in, does not know."""
        return self._list("GET", "refusals")

    def fault(self, operation: str, kind: str, **details: Json) -> int:
        """Plans a fault and answers its id."""
        planned = self._object("POST", "faults", {"operation": operation, "kind": kind, **details})
        return int(planned["id"])

    def faults(self) -> list[Object]:
        """The planned faults; ``hits`` tells how often each was played."""
        return self._list("GET", "faults")

    def clear_faults(self) -> None:
        self._call("DELETE", "faults")

    def refresh_tokens(self) -> Object:
        """All refresh tokens ever valid, with what was granted."""
        return self._object("GET", "refresh_tokens")

    def add_refresh_token(self, token: str, **grant: Json) -> None:
        """Makes a refresh token valid; ``account``, ``client_id``, ``scopes`` have defaults."""
        self._call("POST", "refresh_tokens", {"token": token, **grant})

    def revoke(self, token: str = defaults.REFRESH_TOKEN, keep_access_tokens: bool = False) -> None:
        """Revokes a refresh token and, unless told otherwise, the access tokens made of it."""
        values = {"token": token, "keep_access_tokens": keep_access_tokens}
        self._call("POST", "refresh_tokens/revoke", values)

    def restore(self, token: str = defaults.REFRESH_TOKEN) -> None:
        """Makes a revoked refresh token valid again."""
        self._call("POST", "refresh_tokens/restore", {"token": token})

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
    ) -> int:
        """Adds a version and answers its number."""
        values = {"payload": payload, "project": project, "secret": secret}
        return int(self._object("POST", "secrets", values)["version"])

    def disable_secret_version(
        self, version: int, project: str, secret: str = defaults.REFRESH_TOKEN_SECRET
    ) -> None:
        values = {"version": version, "project": project, "secret": secret, "state": "DISABLED"}
        self._call("PATCH", "secrets", values)

    def _object(self, method: str, path: str, values: Object | None = None) -> Object:
        answer: Object = self._call(method, path, values)
        return answer

    def _list(
        self, method: str, path: str, values: Object | None = None, query: Object | None = None
    ) -> list[Object]:
        answer: list[Object] = self._call(method, path, values, query)
        return answer

    def _call(
        self, method: str, path: str, values: Object | None = None, query: Object | None = None
    ) -> Json:
        body = None if values is None else json.dumps(values)
        target = f"/control/{path}" + (f"?{urlencode(query)}" if query else "")
        connection = http.client.HTTPConnection(self._address, timeout=30)
        try:
            connection.request(method, target, body, {"Connection": "close"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise ControlError(f"{method} {path}: {answer}")
        return answer
