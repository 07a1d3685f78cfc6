"""The two secrets that the functions read."""

from dataclasses import replace
from datetime import UTC, datetime

from infra.checks.examination import Case
from infra.configuration import CLIENT_SECRET
from infra.secret_versions import SecretVersions, Version


def client_secret(case: Case) -> str:
    if case.settings.auth_google_secret:
        return "taken from AUTH_GOOGLE_SECRET; the deployed functions take the secret"
    value, version = SecretVersions(case.settings, CLIENT_SECRET).in_use("infra/project.sh")
    case.settings = replace(case.settings, auth_google_secret=value)
    return f"version {version.number} of {CLIENT_SECRET}, stored {_age(version)}"


def refresh_token(case: Case) -> str:
    secret = case.settings.refresh_token_secret
    case.refresh_token, version = SecretVersions(case.settings, secret).in_use("infra/authorize.py")
    return f"version {version.number} of {secret}, stored {_age(version)}"


def _age(version: Version) -> str:
    days = (datetime.now(UTC) - version.created_at).days
    return "today" if days < 1 else f"{days} day{'s' * (days > 1)} ago"
