"""Checks the settings, the emulator variables and this machine's clock."""

import email.utils
import time

import requests

from infra.commands import configuration
from infra.commands.doctor.examination import Case
from infra.commands.unusable import Doubtful, NotChecked, Unusable
from shared.errors import Misconfigured

LARGEST_SKEW_SECONDS = 30.0
"""Beyond this, time checks of Google's tokens and signatures start to fail."""

_CALL_SECONDS = 10


def settings(case: Case) -> str:
    try:
        case.configuration = configuration.read(case.env_file)
    except Misconfigured as error:
        raise Unusable(
            error.cause, "correct .env, or the environment, which overrides it; see .env.example"
        ) from error
    case.settings = case.configuration.settings
    configuration.use_project_quota(case.settings)
    if names := case.configuration.overridden:
        raise Doubtful(
            f"{', '.join(names)} taken from the environment, not from {case.env_file.name}",
            f"unset {' '.join(names)} if {case.env_file.name} is right",
        )
    return f"complete; project {case.project}, calendar {case.settings.calendar_id}"


def emulators(case: Case) -> str:
    given = {
        "GOOGLE_EMULATOR_URL": case.settings.google_emulator_url,
        "FIRESTORE_EMULATOR_HOST": case.settings.firestore_emulator_host,
    }
    present = [name for name, value in given.items() if value]
    absent = [name for name, value in given.items() if not value]
    if present and not case.is_local:
        raise Unusable(
            f"{' and '.join(present)} set: this checks the emulators, not production",
            f"unset {' '.join(present)}, or add --local to check the emulators",
        )
    if absent and case.is_local:
        raise Unusable(
            f"--local, but {' and '.join(absent)} not set", f"set {' and '.join(absent)}"
        )
    return "set, as --local says" if case.is_local else "none set"


def clock(case: Case) -> str:
    url = case.settings.google_emulator_url or "https://oauth2.googleapis.com"
    try:
        told = requests.get(url, timeout=_CALL_SECONDS).headers.get("Date")
    except requests.RequestException as error:
        raise Unusable(
            f"{url} does not answer ({type(error).__name__})", "connect this machine to it"
        ) from error
    if told is None:
        raise NotChecked(f"{url} does not tell the time", "ask Google itself: without an emulator")
    skew = time.time() - email.utils.parsedate_to_datetime(told).timestamp()
    if abs(skew) > LARGEST_SKEW_SECONDS:
        raise Unusable(
            f"this machine's clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}",
            "set it by network time (NTP)",
        )
    return "right"
