"""One table for all commands: what a service says, what that means, and the cure."""

import re
from typing import NamedTuple

from infra.commands.unusable import Missing, NotChecked, Unusable

AGAIN = "run this command again"
AUTHORISE = "run infra/authorize.py as the admin and leave every box ticked"
REGISTER = (
    "register {redirect_uri} exactly like this among the client's authorised redirect URIs"
    " (https://console.cloud.google.com/auth/clients), or set GOOGLE_REDIRECT_URI to one that is"
)
_LATER = "try again in a few minutes"
_LOG_IN = "gcloud auth application-default login"


class _Row(NamedTuple):
    said: str
    """A pattern for "service: what it said". The first row that matches counts."""
    problem: str
    cure: str
    kind: type[Unusable] = Unusable


# fmt: off
_TABLE = (
    # The token endpoint: exchanges a consent's code or a refresh token for an access token
    _Row("consent: access_denied",
         "consent was refused in the browser", f"{AGAIN} and choose Continue"),
    _Row("consent: invalid_grant",
         "the code was already used or has expired ({error})", AGAIN),
    _Row("consent: redirect_uri_mismatch",
         "Google refuses the redirect URI", REGISTER),
    _Row("token: .*invalid_rapt",
         "the admin's Workspace asks to sign in again", AUTHORISE),
    _Row("token: invalid_grant",
         "Google says that the refresh token is expired or revoked",
         f"{AUTHORISE}; if it expired after 7 days, publish the app first"
         " (https://console.cloud.google.com/auth/audience)"),
    _Row("token: unauthorized_client",
         "the refresh token was made for another OAuth client than AUTH_GOOGLE_ID",
         f"correct AUTH_GOOGLE_ID, or {AUTHORISE}"),
    _Row("(consent|token): (invalid|unauthorized)_client",
         "Google does not know the OAuth client, or its secret is wrong ({error})",
         "correct AUTH_GOOGLE_ID and the secret calendar-client-secret"),
    _Row("(consent|token): (deleted|disabled)_client",
         "the OAuth client is deleted or disabled ({error}); Google deletes one that was not used"
         " for six months",
         "restore it (https://console.cloud.google.com/auth/clients), or make another: put its id"
         " into .env and its secret into calendar-client-secret, run ./deploy.sh and"
         " infra/authorize.py"),
    _Row("(consent|token): (admin_policy_enforced|org_internal)",
         "the account's Workspace blocks the app ({error})",
         "have its administrator trust the OAuth client (Admin console, Security, API controls),"
         " then run infra/authorize.py"),
    _Row("(consent|token): rate_limit_exceeded",
         "Google limits requests for tokens ({error})", _LATER),
    _Row("(consent|token): .*RequestException",
         "Google's token endpoint does not answer ({error})", _LATER),
    _Row("consent: ", "Google gives no token for the consent ({error})", AGAIN),
    _Row("token: ", "Google's token endpoint gives no token ({error})", _LATER),

    # The Calendar: status and reason
    _Row("calendar: 404",
         "{admin} sees no calendar {calendar} ({setting})", "correct {setting}, or {share}"),
    _Row("calendar: 403 forbidden",
         "{admin} may not read the calendar {calendar} ({setting})", "{share}"),
    _Row("calendar: .*(accessNotConfigured|SERVICE_DISABLED)",
         "the Calendar API is not enabled in the OAuth client's project",
         "gcloud services enable calendar-json.googleapis.com"),
    _Row("calendar: 40[13]", "the Calendar refuses the token ({error})", AUTHORISE),
    _Row("calendar: .*RequestException",
         "the Calendar does not answer ({error})",
         "try again when this machine reaches www.googleapis.com"),
    _Row("calendar: ", "the Calendar answers {error}", _LATER),

    # Secret Manager: the status. Both: the exception's class names
    _Row("(secret|firestore): .*(DefaultCredentialsError|no Google credentials)",
         "there are no Google Cloud credentials on this machine", _LOG_IN),
    _Row("secret: 404",
         "there is no secret {secret} in the project {project}",
         "run infra/project.sh, which creates it, or correct REFRESH_TOKEN_SECRET and"
         " GOOGLE_CLOUD_PROJECT"),
    _Row("secret: 40[13]",
         "the secret {secret} may not be {verb} with these credentials",
         f"log in as an owner of the project with {_LOG_IN},"
         " or have one grant you roles/secretmanager.{role} on the secret"),
    _Row("secret: .*Misconfigured",
         "{cause}", "have an owner of the project grant you roles/secretmanager.secretAccessor"),
    _Row("secret: .*StoreUnavailable", "{cause}", _LATER),
    _Row("secret: ",
         "Secret Manager cannot be used ({error})",
         f"try again; after RefreshError run {_LOG_IN} first"),
    _Row("firestore: .*NotFound",
         "there is no such database: {place}",
         "correct GOOGLE_CLOUD_PROJECT or FIRESTORE_DATABASE, or run infra/project.sh"),
    _Row("firestore: .*FailedPrecondition",
         "Firestore does not serve {place} in native mode",
         "set FIRESTORE_DATABASE to a database in native mode"),
    _Row("firestore: .*PermissionDenied.*disabled",
         "the Firestore API is not enabled in the project of {place}", "run infra/project.sh"),
    _Row("firestore: .*(PermissionDenied|Unauthenticated|GoogleAuthError)",
         "these credentials may not read {place}",
         f"{_LOG_IN} as somebody with roles/datastore.viewer"),
    _Row("firestore: ", "Firestore does not answer ({error})", _LATER),

    # gcloud: what it prints
    _Row("gcloud: .*(active account|gcloud auth login)",
         "gcloud has no account", "gcloud auth login", NotChecked),
    _Row("gcloud: .*(SERVICE_DISABLED|not enabled|has not been used)",
         "the API of `gcloud {command}` is not enabled", "run infra/project.sh", NotChecked),
    _Row("gcloud: .*(NOT_FOUND|not found|Cannot find)",
         "`gcloud {command}` finds nothing in the project {project}",
         "correct GOOGLE_CLOUD_PROJECT, or run infra/project.sh", Missing),
    _Row("gcloud: .*(PERMISSION_DENIED|does not have permission)",
         "gcloud's account may not do `gcloud {command}` in the project {project},"
         " or there is no such project",
         "correct GOOGLE_CLOUD_PROJECT, or gcloud auth login as an owner of the project"),
    _Row("gcloud: ", "`gcloud {command}` failed", "run it to see why", NotChecked),

    # Our own errors
    _Row(".*CalendarUnavailable|.*StoreUnavailable", "{cause}", _LATER),
    _Row(".*ReauthorizationRequired", "{cause}", AUTHORISE),
    _Row("", "{cause}", "correct that and try again"),
)
# fmt: on


def unusable(service: str, said: str | Exception, **names: object) -> Unusable:
    """The meaning of a service's answer or its client's exception; `names` fill in the table.

    An exception is matched by the names of all its classes and by its text and cause.
    """
    if isinstance(said, Exception):
        cause = getattr(said, "cause", "")
        names |= {"error": type(said).__name__, "cause": cause}
        said = f"{' '.join(each.__name__ for each in type(said).__mro__)} {said} {cause}"
    else:
        # Anything but a short code might be crafted to mislead on the terminal.
        names["error"] = said if re.fullmatch(r"[\w ]{1,60}", said) else "no known code"
    text = f"{service}: {said}"
    row = next(row for row in _TABLE if re.match(row.said, text, re.DOTALL))
    return row.kind(row.problem.format(**names), row.cure.format(**names))
