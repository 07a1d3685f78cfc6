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
    "REGION": (r"[a-z]+-[a-z]+[0-9]+", "a region"),
    "ALERT_EMAIL": (r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+", "an e-mail address"),
    "WEBHOOK_SERVICE_ACCOUNT": (
        r"[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com",
        "a service account's e-mail address",
    ),
}
"""For the settings passed to gcloud: a pattern, and a description of what matches."""

_EMULATORS = {"GOOGLE_EMULATOR_URL", "FIRESTORE_EMULATOR_HOST"}
_SETTINGS = {each.name.upper() for each in fields(Settings)}
_OF_FUNCTIONS = _SETTINGS - _EMULATORS - {"AUTH_GOOGLE_SECRET"}
IN_FILE = _SETTINGS - _EMULATORS | _FORMS.keys()
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


def read(file: Path, environ: Mapping[str, str] = os.environ) -> Configuration:
    """The environment, completed by the file. Raises Misconfigured, which names every problem."""
    in_file, problems = env_file.read(file, IN_FILE)
    named = {name: environ.get(name, "").strip() for name in IN_FILE | _EMULATORS}
    given = {name: value for name, value in named.items() if value}
    if "LANGUAGE" in in_file or given.get("LANGUAGE") not in LANGUAGES:
        given.pop("LANGUAGE", None)  # gettext's variable, such as "es_AR:es"
    overridden = [name for name in in_file if given.get(name, in_file[name]) != in_file[name]]
    if "GOOGLE_CLOUD_PROJECT" in overridden:  # Cloud Shell exports its own
        problems.append(f"the environment has another GOOGLE_CLOUD_PROJECT than {file.name}")
    values = {"REGION": "southamerica-east1", **in_file, **given}
    values.setdefault("ALERT_EMAIL", values.get("ADMIN_EMAIL", ""))
    secret = values.get("AUTH_GOOGLE_SECRET", "")
    try:
        checked = {**values, "AUTH_GOOGLE_SECRET": secret or "in Secret Manager"}
        settings = Settings.from_environ(checked)
    except Misconfigured as error:
        problems += error.details
    problems += _malformed(values)
    if problems and not file.exists():
        problems.append(f"there is no {file.name}: copy .env.example and fill it in")
    if problems:
        raise Misconfigured(details=problems)
    return Configuration(values, replace(settings, auth_google_secret=secret), overridden)


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
        **given.values,
        "REFRESH_TOKEN_SECRET": given.settings.refresh_token_secret,
        "FIRESTORE_DATABASE": given.settings.firestore_database,
    }
    return [
        f"{'function' if name in _OF_FUNCTIONS else 'command'} {name}={values[name]}"
        for name in sorted(values.keys() & IN_FILE)
    ]


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
