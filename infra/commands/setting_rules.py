"""Which settings there are for the commands, and what is wrong with their values.

Standard library only.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, replace

from shared.errors import Misconfigured
from shared.settings import Settings

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

MAY_BE_EMPTY = {"NAME_PREFIX", "RECONCILE_SCHEDULE", "WEBHOOK_SERVICE_ACCOUNT"}
"""Empty, they mean none. Everywhere else an empty value counts as unset."""

EMULATORS = {"GOOGLE_EMULATOR_URL", "FIRESTORE_EMULATOR_HOST"}
_SETTINGS = {each.name.upper() for each in fields(Settings)}
OF_FUNCTIONS = _SETTINGS - EMULATORS - {"AUTH_GOOGLE_SECRET"}
OF_COMMANDS = _FORMS.keys() - _SETTINGS
IN_FILE = _SETTINGS - EMULATORS | OF_COMMANDS
"""The settings allowed in the file. Emulators are not: they must never reach a deployment."""

_NOT_PASSED_ON = re.compile(r"[|\x00-\x1f\x7f]")  # `|` separates settings in gcloud's argument


def judged(values: Mapping[str, str]) -> tuple[Settings | None, list[str]]:
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


def problem_of(name: str, value: str) -> str | None:
    """What is wrong with a setting by itself."""
    problems = judged({name: value})[1] if value or name not in MAY_BE_EMPTY else []
    return next((each for each in problems if each.startswith(f"{name} ")), None)


def is_well_formed(name: str, value: str) -> bool:
    return re.fullmatch(_FORMS[name][0], value) is not None


def _malformed(values: Mapping[str, str]) -> list[str]:
    """What violates the commands' own rules, which do not apply to the functions."""
    problems = [
        f"{name} holds a | or a control character"
        for name, value in values.items()
        if _NOT_PASSED_ON.search(value)
    ]
    problems += [
        f"{name} is not {meaning}"
        for name, (_, meaning) in _FORMS.items()
        if values.get(name) and not is_well_formed(name, values[name])
    ]
    if "GOOGLE_CLOUD_PROJECT" not in values:
        problems.append("GOOGLE_CLOUD_PROJECT is not set")
    return problems
