"""The table of cures: what a service answers leads to the right one."""

import pytest
import requests
from google.api_core import exceptions as api
from google.auth import exceptions as auth

from infra.commands.cures import unusable
from infra.commands.unusable import Missing, NotChecked, Unusable
from shared.errors import CalendarRejected, Misconfigured, StoreUnavailable

NAMES = {
    "redirect_uri": "URI", "admin": "ADMIN", "calendar": "CALENDAR", "secret": "SECRET",
    "setting": "SETTING", "share": "SHARE",
    "project": "PROJECT", "verb": "VERB", "role": "ROLE", "place": "PLACE", "command": "COMMAND",
}  # fmt: skip
SEE = "Cloud Resource Manager API has not been used in project 5 before or it is disabled"


NO_CREDENTIALS = Misconfigured(details=["no Google credentials in the environment"])


def failed(kind: type[Exception], text: str = "x") -> Exception:
    return kind(text)


@pytest.mark.parametrize(
    ("service", "said", "problem", "cure"),
    [
        ("consent", "access_denied", "refused in the browser", "Continue"),
        ("consent", "invalid_grant", "expired (invalid_grant)", "run this command again"),
        ("consent", "redirect_uri_mismatch", "redirect URI", "register URI exactly"),
        ("consent", "invalid_client", "(invalid_client)", "correct AUTH_GOOGLE_ID"),
        ("consent", "deleted_client", "not used for six months", "restore it"),
        ("consent", "org_internal", "Workspace", "administrator"),
        ("consent", requests.ReadTimeout(), "does not answer (ReadTimeout)", "try again"),
        ("consent", "\x1b[2J", "(no known code)", "run this command again"),
        ("token", "invalid_grant", "expired or revoked", "publish the app"),
        ("token", "invalid_grant invalid_rapt", "sign in again", "infra/authorize.py"),
        ("token", "unauthorized_client", "another OAuth client", "correct AUTH_GOOGLE_ID, or run"),
        ("token", "deleted_client", "(deleted_client)", "restore it"),
        ("token", "disabled_client", "(disabled_client)", "or make another"),
        ("token", "admin_policy_enforced", "Workspace", "Admin console"),
        ("token", "rate_limit_exceeded", "limits", "try again"),
        ("token", "None", "gives no token (None)", "try again"),
        (
            "calendar",
            "404 notFound",
            "ADMIN sees no calendar CALENDAR (SETTING)",
            "SETTING, or SHARE",
        ),
        ("calendar", "403 forbidden", "ADMIN may not read the calendar CALENDAR", "SHARE"),
        ("calendar", "403 SERVICE_DISABLED", "API is not enabled", "gcloud services enable"),
        ("calendar", "401 authError", "(401 authError)", "leave every box ticked"),
        ("calendar", "503", "answers 503", "try again"),
        ("calendar", requests.ConnectTimeout(), "(ConnectTimeout)", "www.googleapis.com"),
        ("secret", "404", "no secret SECRET in the project PROJECT", "project.sh"),
        ("secret", "403", "may not be VERB", "roles/secretmanager.ROLE"),
        ("secret", NO_CREDENTIALS, "no Google Cloud credentials", "login"),
        ("secret", failed(auth.RefreshError), "cannot be used (RefreshError)", "gcloud auth"),
        ("secret", Misconfigured(details=["no right"]), "no right", "secretAccessor"),
        ("secret", StoreUnavailable("no answer"), "no answer", "try again"),
        ("firestore", failed(api.NotFound), "no such database: PLACE", "FIRESTORE_DATABASE"),
        ("firestore", failed(api.FailedPrecondition), "native mode", "native mode"),
        ("firestore", failed(api.PermissionDenied, SEE), "API is not enabled", "infra/project.sh"),
        ("firestore", failed(api.PermissionDenied), "may not read PLACE", "roles/datastore.viewer"),
        ("firestore", failed(auth.DefaultCredentialsError), "no Google Cloud credentials", "login"),
        ("firestore", failed(api.ServiceUnavailable), "(ServiceUnavailable)", "try again"),
        ("", CalendarRejected("refused"), "refused", "correct that"),
    ],
)
def test_what_is_said_and_what_cures_it(
    service: str, said: str | Exception, problem: str, cure: str
) -> None:
    found = unusable(service, said, **NAMES)
    assert type(found) is Unusable
    assert problem in found.problem
    assert cure in found.cure


@pytest.mark.parametrize(
    ("complaint", "kind", "problem"),
    [
        ("You do not currently have an active account", NotChecked, "gcloud has no account"),
        (f"PERMISSION_DENIED: {SEE}", NotChecked, "the API of `gcloud COMMAND` is not enabled"),
        ("status=[404], message=[was not found]", Missing, "finds nothing in the project PROJECT"),
        ("PERMISSION_DENIED: no", Unusable, "gcloud's account may not do `gcloud COMMAND`"),
        ("some\nother\nthing", NotChecked, "`gcloud COMMAND` failed"),
    ],
)
def test_what_gcloud_complains_of(complaint: str, kind: type[Unusable], problem: str) -> None:
    found = unusable("gcloud", complaint, **NAMES)
    assert type(found) is kind
    assert problem in found.problem
