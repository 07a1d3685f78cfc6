"""Puts a refresh token into use: stores it, tests it as the functions will use it, and only then
disables the previous ones."""

from collections.abc import Callable

from infra.commands.google_account import check_calendar
from infra.commands.secret_versions import SecretVersions, Version
from infra.commands.unusable import Unusable
from shared.deadline import Deadline
from shared.errors import ServiceError
from shared.google.credentials import GoogleCredentials
from shared.settings import Settings

Say = Callable[[str], None]
_TRIAL_SECONDS = 20.0


class TokenStore:
    """The secret that the functions read, with its previous token, if any.

    Created before asking for consent, so that problems with the secret show first. Raises
    Unusable.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._versions = SecretVersions(settings, settings.refresh_token_secret)
        self._before = self._versions.newest_first()
        is_usable = bool(self._before) and self._before[0].is_enabled
        self._token_before = self._versions.latest() if is_usable else None

    def put_in_use(self, token: str, say: Say) -> None:
        """Stores the token, tests it and disables the previous versions.

        Raises Unusable, after trying to put the previous token back into use.
        """
        number = self._versions.add(token)
        say(f"Stored as version {number} of the secret {self._versions.secret}.")
        try:
            self._try_out(token)
        except (Unusable, ServiceError) as error:
            raise Unusable(f"the stored token does not work: {error}", self._undo(number)) from None
        say("Tested: it can be read back, refreshed, and used to write to the calendar.")
        for version in self._before:
            if version.is_enabled:
                self._disable(version, say)

    def _try_out(self, token: str) -> None:
        if self._versions.latest() != token:
            newest = self._versions.newest_first()[0].number
            raise Unusable(
                f"version {newest} is the newest, not the one just stored",
                "somebody else stored one at the same moment",
            )
        credentials = GoogleCredentials(self._settings)
        check_calendar(self._settings, credentials.access_token(Deadline(_TRIAL_SECONDS)))

    def _undo(self, number: int) -> str:
        """Takes a version out of use and returns a description of the result.

        Functions read the newest version, and fail if that is disabled: so the previous token is
        stored again, unless somebody else has stored a newer one.
        """
        in_use = "there was none before"
        try:
            if self._versions.newest_first()[0].number != number:
                in_use = "the newer one stays in use"
            elif self._token_before is not None:
                self._versions.add(self._token_before)
                in_use = "the previous token is in use again"
        except Unusable as error:
            return f"it is still in use, since the previous one cannot be stored: {error}"
        try:
            self._versions.disable(number)
            done = f"version {number} is disabled"
        except Unusable:
            done = f"disable it: {self._versions.disabling_command(number)}"
        return f"{done}; {in_use}; run this command again"

    def _disable(self, version: Version, say: Say) -> None:
        try:
            self._versions.disable(version.number)
        except Unusable as error:
            raise Unusable(
                f"the new token is in use, but version {version.number} is still enabled"
                f" ({error.problem})",
                self._versions.disabling_command(version.number),
            ) from None
        say(f"Version {version.number} is disabled.")
