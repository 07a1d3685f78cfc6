"""Controls a running stand-in for Google from Python."""

from collections.abc import Iterator
from contextlib import contextmanager

from infra.local.google import defaults
from infra.local.stand_in.client import Json, Object, StandInClient
from infra.local.stand_in.process import running_module


class Control(StandInClient):
    """The README beside this module describes events, settings, faults and requests.

    `calendar` is the id of another calendar than the first account's.
    """

    def meet(self, mode: str, **details: Json) -> None:
        """Sets how Meet links are made: success, pending, failure, not_allowed."""
        self.settings(meet={"mode": mode, **details})

    def put_calendar(self, calendar_id: str, **details: Json) -> None:
        """Adds or changes a calendar: `summary`, `time_zone`, `roles` by account."""
        self._call("PUT", "calendars", id=calendar_id, **details)

    def seed(self, *events: Object, calendar: str | None = None) -> list[Object]:
        """Holds events as Google would, and answers them in full."""
        return list(self._call("POST", "events", events=events, calendar=calendar))

    def events(self, calendar: str | None = None) -> list[Object]:
        """Every event, cancelled ones too."""
        return list(self._call("GET", "events", calendar=calendar))

    def edit(self, event_id: str, changes: Object) -> Object:
        """Changes an event as a human would in the calendar's page, telling nobody."""
        return dict(self._call("PATCH", "events", id=event_id, changes=changes))

    def remove(self, event_id: str, for_good: bool = False) -> None:
        """Deletes an event by hand, telling nobody; `for_good` leaves no tombstone either."""
        self._call("DELETE", "events", id=event_id, for_good=for_good)

    def invitations(self) -> list[Object]:
        """Every mail sent to guests, in order."""
        return list(self._call("GET", "invitations"))

    def refresh_tokens(self) -> list[str]:
        """All refresh tokens ever valid."""
        return list(self._call("GET", "refresh_tokens"))

    def add_refresh_token(self, token: str, **grant: Json) -> None:
        """Makes a refresh token valid; `account`, `client_id`, `scopes` have defaults."""
        self._call("POST", "refresh_tokens", token=token, **grant)

    def revoke(self, token: str = defaults.REFRESH_TOKEN) -> None:
        """Revokes a refresh token and the access tokens made of it."""
        self._call("POST", "refresh_tokens/revoke", token=token)

    def expire_access_tokens(self) -> None:
        self._call("POST", "access_tokens/expire")

    def secrets(self) -> list[Object]:
        """The secrets asked for or set so far, with payload and state of every version."""
        return list(self._call("GET", "secrets"))

    def replace_secrets(self, projects: dict[str, dict[str, list[str]]]) -> None:
        """From now on exactly these: `{project: {secret: [payload of version 1, ...]}}`."""
        self._call("PUT", "secrets", projects=projects)

    def add_secret_version(
        self, payload: str, project: str, secret: str = defaults.REFRESH_TOKEN_SECRET
    ) -> None:
        """Adds a version, and the secret if there is none."""
        self._call("POST", "secrets", payload=payload, project=project, secret=secret)

    def disable_secret_version(
        self, version: int, project: str, secret: str = defaults.REFRESH_TOKEN_SECRET
    ) -> None:
        self._call("DELETE", "secrets", version=version, project=project, secret=secret)


@contextmanager
def running_stand_in() -> Iterator[Control]:
    """A stand-in of its own, for as long as the context lasts. Raises RuntimeError."""
    with running_module("infra.local.google") as url:
        yield Control(url)
