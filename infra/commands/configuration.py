"""The settings of the commands: the environment, completed by `.env`.

    python -m infra.commands.configuration FILE COMMAND [PROGRAM...]

is for deploy.sh and infra/project.sh (COMMAND). It prints a line `function NAME=VALUE` or
`command NAME=VALUE` for each setting. Otherwise it prints every problem, including each PROGRAM
that is not installed, and exits with status 2.

Standard library only: it runs before anything is installed.
"""

import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from infra.commands import env_file
from shared.errors import Misconfigured
from shared.settings import LANGUAGES, Settings

_FORMS = {
    "GOOGLE_CLOUD_PROJECT": (r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "a project id"),
    "CALENDAR_ID": (r"primary|[^\s@/]+@[^\s@/]+", "a calendar's id, such as NAME@gmail.com"),
    "AUTH_GOOGLE_ID": (
        r"[A-Za-z0-9_-]+\.apps\.googleusercontent\.com",
        "a client id, which ends in .apps.googleusercontent.com",
    ),
    "REGION": (r"[a-z]+-[a-z]+[0-9]+", "a region"),
    "ALERT_EMAIL": (r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+", "an e-mail address"),
    "NAME_PREFIX": (
        r"[a-z]([a-z0-9-]{0,12}[a-z0-9])?",
        "1 to 14 lower-case letters, digits and hyphens that begin with a letter",
    ),
    "WEBHOOK_SERVICE_ACCOUNT": (
        r"[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com",
        "a service account's e-mail address",
    ),
    "RECONCILE_SCHEDULE": (
        r"[A-Za-z0-9*/,-]+( [A-Za-z0-9*/,-]+){4}",
        "a cron schedule of five fields",
    ),
    "CREATE_EVENT_QUEUE": (r"[A-Za-z0-9-]{1,100}", "the id of a queue"),
    "CANCEL_REFUNDED": (r"yes|no", "yes or no"),
}
"""What the commands ask of settings beyond the functions' rules: a pattern, and a description of
what matches. With a prefix of 14 the longest service account's id has the 30 characters allowed."""

_DEFAULTS = {
    "REGION": "southamerica-east1",
    "RECONCILE_SCHEDULE": "*/5 * * * *",
    "CANCEL_REFUNDED": "no",
}
_MAY_BE_EMPTY = {"NAME_PREFIX", "RECONCILE_SCHEDULE", "WEBHOOK_SERVICE_ACCOUNT"}
"""Empty, they mean none. Everywhere else an empty value counts as unset."""

_EMULATORS = {"GOOGLE_EMULATOR_URL", "FIRESTORE_EMULATOR_HOST"}
_SETTINGS = {each.name.upper() for each in fields(Settings)}
_OF_FUNCTIONS = _SETTINGS - _EMULATORS - {"AUTH_GOOGLE_SECRET"}
_OF_COMMANDS = _FORMS.keys() - _SETTINGS
IN_FILE = _SETTINGS - _EMULATORS | _OF_COMMANDS
"""The settings allowed in the file. Emulators are not: they must never reach a deployment."""

_NOT_PASSED_ON = re.compile(r"[|\x00-\x1f\x7f]")  # `|` separates settings in gcloud's argument


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
    settings, wrong = _judged(values)
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
    given = _set({name: environ[name].strip() for name in IN_FILE | _EMULATORS if name in environ})
    if "LANGUAGE" in in_file or given.get("LANGUAGE") not in LANGUAGES:
        given.pop("LANGUAGE", None)  # gettext's variable, such as "es_AR:es"
    overridden = [name for name in in_file if given.get(name, in_file[name]) != in_file[name]]
    if "GOOGLE_CLOUD_PROJECT" in overridden:  # Cloud Shell exports its own
        problems.append(f"the environment has another GOOGLE_CLOUD_PROJECT than {file.name}")
    return {**in_file, **given}, overridden, problems


def problem_of(name: str, value: str) -> str | None:
    """What is wrong with a setting by itself."""
    problems = _judged({name: value})[1] if value or name not in _MAY_BE_EMPTY else []
    return next((each for each in problems if each.startswith(f"{name} ")), None)


def _set(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value or name in _MAY_BE_EMPTY}


def _completed(given: Mapping[str, str]) -> dict[str, str]:
    """With the commands' own defaults. An environment with a prefix has a database of its own."""
    values = {**_DEFAULTS, "ALERT_EMAIL": given.get("ADMIN_EMAIL", ""), **given}
    if re.fullmatch(_FORMS["NAME_PREFIX"][0], given.get("NAME_PREFIX", "")):
        values.setdefault("REFRESH_TOKEN_SECRET", _named(given, "calendar-refresh-token"))
        values.setdefault("FIRESTORE_DATABASE", _named(given, "classes"))
    # The webhook that deploy.sh deploys is no caller of the school's own.
    account, project = _named(given, "payment-webhook"), given.get("GOOGLE_CLOUD_PROJECT")
    if given.get("WEBHOOK_SERVICE_ACCOUNT") == f"{account}@{project}.iam.gserviceaccount.com":
        del values["WEBHOOK_SERVICE_ACCOUNT"]
    return values


def _named(values: Mapping[str, str], name: str) -> str:
    return f"{prefix}-{name}" if (prefix := values.get("NAME_PREFIX")) else name


def _judged(values: Mapping[str, str]) -> tuple[Settings | None, list[str]]:
    """The functions' settings, without the client secret unless given, and every problem."""
    secret = values.get("AUTH_GOOGLE_SECRET", "")
    settings, problems = None, list[str]()
    try:
        made = Settings.from_environ(
            {**values, "AUTH_GOOGLE_SECRET": secret or "in Secret Manager"}
        )
        settings = replace(made, auth_google_secret=secret)
    except Misconfigured as error:
        problems += error.details
    return settings, problems + _malformed(values)


def _malformed(values: Mapping[str, str]) -> list[str]:
    """What violates the commands' own rules, which do not apply to the functions."""
    problems = [
        f"{name} holds a | or a control character"
        for name, value in values.items()
        if _NOT_PASSED_ON.search(value)
    ]
    for name, (form, meaning) in _FORMS.items():
        value = values.get(name, "")
        if value and not re.fullmatch(form, value):
            problems.append(f"{name} is not {meaning}")
    if "GOOGLE_CLOUD_PROJECT" not in values:
        problems.append("GOOGLE_CLOUD_PROJECT is not set")
    return problems


def use_project_quota(settings: Settings) -> None:
    """Charges API calls to the project, which Google requires for a person's credentials."""
    os.environ.setdefault("GOOGLE_CLOUD_QUOTA_PROJECT", settings.google_cloud_project or "")


def _main(file: str, command: str, *programs: str) -> int:
    problems = [f"{name} is not installed" for name in programs if shutil.which(name) is None]
    lines: list[str] = []
    try:
        lines = _lines(read(Path(file)))
    except Misconfigured as error:
        problems += error.details
    for problem in problems:
        print(f"{command}: {problem}", file=sys.stderr)
    if problems:
        return 2
    print("\n".join(lines))
    return 0


def _lines(given: Configuration) -> list[str]:
    values = {
        **dict.fromkeys(_OF_COMMANDS, ""),
        **given.values,
        "REFRESH_TOKEN_SECRET": given.settings.refresh_token_secret,
        "FIRESTORE_DATABASE": given.settings.firestore_database,
        "TIME_ZONE": given.settings.time_zone.key,
        "HOLD_MAX_MINUTES": str(given.settings.hold_max_minutes),
    }
    return [
        f"{'function' if name in _OF_FUNCTIONS else 'command'} {name}={values[name]}"
        for name in sorted(values.keys() & IN_FILE)
    ]


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
