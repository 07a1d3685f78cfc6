"""Checks the two secrets, the admin's token, its scopes and account, and the calendar."""

from dataclasses import replace
from datetime import UTC, datetime

from infra.commands.cures import AUTHORISE
from infra.commands.doctor.examination import Case
from infra.commands.google_account import (
    calendar_head,
    can_write_events,
    check_busy_calendar,
    check_calendar,
    tokens_for,
    verified_account,
)
from infra.commands.secret_versions import CLIENT_SECRET, SecretVersions, Version
from infra.commands.unusable import Doubtful, NotChecked, Unusable, Verdict


def client_secret(case: Case) -> str:
    if case.settings.auth_google_secret:
        return "from AUTH_GOOGLE_SECRET; the deployed functions use the secret"
    secret = case.configuration.named(CLIENT_SECRET)
    value, version = SecretVersions(case.settings, secret).in_use("infra/project.sh")
    case.settings = replace(case.settings, auth_google_secret=value)
    return stored(secret, version)


def refresh_token(case: Case) -> str:
    secret = case.settings.refresh_token_secret
    case.refresh_token, version = SecretVersions(case.settings, secret).in_use("infra/authorize.py")
    return stored(secret, version)


def token(case: Case) -> str:
    """Refreshes the token as the functions do, to see the whole answer."""
    form = {"grant_type": "refresh_token", "refresh_token": case.refresh_token}
    case.token = tokens_for(case.settings, "token", form)
    return "it can be refreshed"


def scopes(case: Case) -> str:
    if not can_write_events(case.token):
        raise Unusable("the token may not write the calendar's events", AUTHORISE)
    return "the calendar's events may be written"


def account(case: Case) -> str:
    """Uses the ID token, which Google includes if the consent covered the address, as in
    infra/authorize.py; otherwise the name of the account's primary calendar, which is the address
    unless somebody renamed it."""
    settings = case.settings
    if id_token := case.token.get("id_token"):
        found = verified_account(id_token, settings)
    else:
        head = calendar_head(settings, "primary", case.token["access_token"])
        found = str(head.get("summary", ""))
    if found.casefold() == settings.admin_email.casefold():
        return f"the token is {found}'s"
    if "@" not in found:
        raise NotChecked("the token does not tell whose it is", AUTHORISE)
    raise Unusable(
        f"the token is {found}'s, but ADMIN_EMAIL is {settings.admin_email}",
        f"{AUTHORISE}, or correct ADMIN_EMAIL",
    )


def calendar(case: Case) -> str:
    head = check_calendar(case.settings, case.token["access_token"])
    zone, ours = str(head.get("timeZone")), case.settings.time_zone.key
    if zone != ours:
        raise Doubtful(
            f"the calendar's own time zone is {zone}, TIME_ZONE is {ours}",
            f"choose {ours} in the calendar's settings at Google, or correct TIME_ZONE",
        )
    return f"it can be written (role {head['accessRole']})"


def busy_calendars(case: Case) -> str:
    calendars = case.settings.busy_calendar_ids
    found = []
    for calendar_id in calendars:
        try:
            check_busy_calendar(case.settings, calendar_id, case.token["access_token"])
        except Unusable as error:
            found.append(error)
    if found:
        worst = max(found, key=lambda each: each.status is Verdict.WRONG)
        cures = dict.fromkeys(each.cure for each in found)
        raise type(worst)("; ".join(each.problem for each in found), "; ".join(cures))
    return f"{len(calendars)} can be read" if calendars else "none set"


def stored(secret: str, version: Version) -> str:
    """The text for a secret that has a usable version."""
    days = (datetime.now(UTC) - version.created_at).days
    age = "today" if days < 1 else f"{days} day{'s' * (days > 1)} ago"
    return f"version {version.number} of {secret}, stored {age}"
