"""The settings of the commands: the environment, completed by `.env`.

Standard library only: it runs before anything is installed.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.commands import env_file
from infra.commands.setting_rules import (
    EMULATORS,
    IN_FILE,
    MAY_BE_EMPTY,
    is_well_formed,
    judged,
)
from shared.errors import Misconfigured
from shared.settings import LANGUAGES, Settings

_DEFAULTS = {
    "REGION": "southamerica-east1",
    "RECONCILE_SCHEDULE": "*/5 * * * *",
    "CANCEL_REFUNDED": "no",
}


@dataclass(frozen=True)
class Configuration:
    """Every setting that has a value, and `settings` made from them, in which the client secret is
    empty unless given. `overridden` names the settings in the file for which the environment has
    another value, perhaps by mistake."""

    values: Mapping[str, str] = field(repr=False)
    settings: Settings
    overridden: list[str]

    def named(self, name: str) -> str:
        """What something of ours is called in the project: environments there differ by prefix."""
        return _named(self.values, name)

    @property
    def caller(self) -> str | None:
        """The school's own service account that calls create_event instead of our webhook."""
        return self.values.get("WEBHOOK_SERVICE_ACCOUNT") or None


def read(file: Path, environ: Mapping[str, str] = os.environ) -> Configuration:
    """The environment, completed by the file. Raises Misconfigured, which names every problem."""
    values, overridden, problems = gathered(file, environ)
    values = _completed(values)
    settings, wrong = judged(values)
    problems += wrong
    if problems and not file.exists():
        problems.append(f"there is no {file.name}: infra/setup.sh makes it")
    if problems or settings is None:
        raise Misconfigured(details=problems)
    return Configuration(values, settings, overridden)


def gathered(
    file: Path, environ: Mapping[str, str] = os.environ
) -> tuple[dict[str, str], list[str], list[str]]:
    """The settings given, the names of those that the environment overrides, and what is wrong
    with the file. Empty ones are given only where that has a meaning."""
    in_file, problems = env_file.read(file, IN_FILE)
    in_file = _set(in_file)
    given = _set({name: environ[name].strip() for name in IN_FILE | EMULATORS if name in environ})
    if "LANGUAGE" in in_file or given.get("LANGUAGE") not in LANGUAGES:
        given.pop("LANGUAGE", None)  # gettext's variable, such as "es_AR:es"
    overridden = [name for name in in_file if given.get(name, in_file[name]) != in_file[name]]
    if "GOOGLE_CLOUD_PROJECT" in overridden:  # Cloud Shell exports its own
        problems.append(f"the environment has another GOOGLE_CLOUD_PROJECT than {file.name}")
    return {**in_file, **given}, overridden, problems


def _set(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value or name in MAY_BE_EMPTY}


def _completed(given: Mapping[str, str]) -> dict[str, str]:
    """With the commands' own defaults. An environment with a prefix has a database of its own."""
    values = {**_DEFAULTS, "ALERT_EMAIL": given.get("ADMIN_EMAIL", ""), **given}
    if is_well_formed("NAME_PREFIX", given.get("NAME_PREFIX", "")):
        values.setdefault("REFRESH_TOKEN_SECRET", _named(given, "calendar-refresh-token"))
        values.setdefault("FIRESTORE_DATABASE", _named(given, "classes"))
    # The webhook that deploy.sh deploys is no caller of the school's own.
    account, project = _named(given, "payment-webhook"), given.get("GOOGLE_CLOUD_PROJECT")
    if given.get("WEBHOOK_SERVICE_ACCOUNT") == f"{account}@{project}.iam.gserviceaccount.com":
        del values["WEBHOOK_SERVICE_ACCOUNT"]
    return values


def _named(values: Mapping[str, str], name: str) -> str:
    return f"{prefix}-{name}" if (prefix := values.get("NAME_PREFIX")) else name


def use_project_quota(settings: Settings) -> None:
    """Charges API calls to the project, which Google requires for a person's credentials."""
    os.environ.setdefault("GOOGLE_CLOUD_QUOTA_PROJECT", settings.google_cloud_project or "")
