"""The settings of the set-up commands: the environment, completed by `.env` in the root."""

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from infra.commands.secret_versions import SecretVersions
from shared.errors import Misconfigured
from shared.settings import Settings

ENV_FILE = Path(".env")
"""In the repository's root, where the commands run."""

CLIENT_SECRET = "calendar-client-secret"
"""The secret that the OAuth2 client's own secret is deployed from."""

_ASSIGNMENT = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)=(.*)")
_QUOTED = re.compile(r"""(?:"([^"]*)"|'([^']*)')\s*(?:#.*)?""")


def environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`environ`, completed by the file: of a setting in both, the environment's value counts.

    Raises Misconfigured.
    """
    return _env_file() | {name: value for name, value in environ.items() if value}


def overridden(environ: Mapping[str, str] = os.environ) -> list[str]:
    """The settings of the file that the environment gives another value: one that somebody may
    have forgotten. Raises Misconfigured."""
    return [
        name for name, value in _env_file().items() if environ.get(name) not in (None, "", value)
    ]


def _env_file() -> dict[str, str]:
    """Lines KEY=VALUE as in .env.example. Raises Misconfigured, which names bad lines by their
    number and never repeats a value."""
    found: dict[str, str] = {}
    problems = []
    lines = ENV_FILE.read_text().splitlines() if ENV_FILE.exists() else []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        assignment = _ASSIGNMENT.fullmatch(line)
        value = _unquoted(assignment[2]) if assignment else None
        if assignment is None or value is None:
            problems.append(f".env, line {number}: not KEY=VALUE, or a quote is not closed")
        elif value:
            found[assignment[1]] = value
    if problems:
        raise Misconfigured(details=problems)
    return found


def _unquoted(value: str) -> str | None:
    """None if a quote is not closed."""
    if value.startswith(("'", '"')):
        quoted = _QUOTED.fullmatch(value.rstrip())
        return (quoted[1] or quoted[2] or "") if quoted else None
    return re.split(r"\s#", value, maxsplit=1)[0].rstrip()


def settings_without_client_secret(environ: Mapping[str, str]) -> Settings:
    """The settings; `auth_google_secret` is empty if the environment does not give it. From now on
    the project's quota is used.

    Raises Misconfigured.
    """
    given = environ.get("AUTH_GOOGLE_SECRET", "").strip()
    settings = Settings.from_environ({**environ, "AUTH_GOOGLE_SECRET": given or "not read yet"})
    if settings.google_cloud_project:
        # Google refuses a person's own credentials without it; a service account's do so anyway.
        os.environ.setdefault("GOOGLE_CLOUD_QUOTA_PROJECT", settings.google_cloud_project)
    return replace(settings, auth_google_secret=given)


def with_client_secret(settings: Settings) -> Settings:
    """The settings with the client secret from Secret Manager, unless they have one.

    Raises Unusable.
    """
    if settings.auth_google_secret:
        return settings
    value, _ = SecretVersions(settings, CLIENT_SECRET).in_use("infra/project.sh")
    return replace(settings, auth_google_secret=value)
