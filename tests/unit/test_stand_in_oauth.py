"""The stand-in's token endpoint and consent page."""

import base64
import hashlib
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from infra.local.google import defaults
from tests.support.client import Answer
from tests.support.google_api import GoogleApi, GoogleInProcess

IDENTITY = ["openid", "https://www.googleapis.com/auth/userinfo.email"]
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:-1]


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_id": "unknown"}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "other", "client_secret": "secret"}, 401, "unauthorized_client"),
        ({"refresh_token": "unknown"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
    ],
)
def test_what_the_token_endpoint_refuses(
    google: GoogleInProcess, api: GoogleApi, changes: dict[str, str], status: int, error: str
) -> None:
    google.settings(clients={defaults.CLIENT_ID: defaults.CLIENT_SECRET, "other": "secret"})
    answer = api.refresh(**changes)
    assert (answer.status, answer.json["error"]) == (status, error)


def test_a_reset_keeps_access_tokens(google: GoogleInProcess, api: GoogleApi) -> None:
    assert api.list().status == 200
    google.reset()
    assert api.list().status == 200
    google.revoke()
    assert api.list().reason == "authError"
    google.reset()
    assert api.list().reason == "authError"
    google.add_refresh_token("second")
    api.access_token = api.refresh(refresh_token="second").json["access_token"]
    google.reset()
    assert api.list().reason == "authError"


def asked(**changes: str) -> str:
    query = {
        "client_id": defaults.CLIENT_ID,
        "redirect_uri": defaults.REDIRECT_URI,
        "response_type": "code",
        "scope": " ".join([*IDENTITY, defaults.CALENDAR_SCOPE]),
        "state": "some-state",
        "access_type": "offline",
        "prompt": "consent",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return "/o/oauth2/v2/auth?" + urlencode({**query, **changes})


def allowed(api: GoogleApi, **changes: str) -> dict[str, str]:
    """What the redirect of the consent page tells the application."""
    form = {"decision": "allow", "account": defaults.ACCOUNT, "scope": defaults.CALENDAR_SCOPE}
    answer = api.call("POST", asked(**changes), urlencode(form))
    location = answer.headers["Location"]
    assert (answer.status, location.partition("?")[0]) == (302, defaults.REDIRECT_URI)
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def exchanged(api: GoogleApi, code: str, **changes: str) -> Answer:
    form = {
        "grant_type": "authorization_code",
        "client_id": defaults.CLIENT_ID,
        "client_secret": defaults.CLIENT_SECRET,
        "code": code,
        "redirect_uri": defaults.REDIRECT_URI,
        "code_verifier": VERIFIER,
    }
    return api.post_form("/token", **{**form, **changes})


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": "made-up"}, "invalid_grant"),
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"redirect_uri": "http://localhost:1/"}, "redirect_uri_mismatch"),
    ],
)
def test_what_no_code_is_exchanged_for(api: GoogleApi, changes: dict[str, str], error: str) -> None:
    answer = exchanged(api, **{"code": allowed(api)["code"], **changes})
    assert (answer.status, answer.json["error"]) == (400, error)


@pytest.mark.parametrize("changes", [{"access_type": "online"}, {"prompt": "select_account"}])
def test_no_refresh_token_unless_asked_for(api: GoogleApi, changes: dict[str, str]) -> None:
    code = allowed(api, **changes)["code"]
    assert "refresh_token" not in exchanged(api, code).json


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"redirect_uri": "http://localhost:1/"}, 400, b"redirect_uri_mismatch"),
        ({"client_id": "other"}, 401, b"invalid_client"),
        ({"response_type": "token"}, 400, b"invalid_request"),
        ({"scope": ""}, 400, b"invalid_request"),
        ({"code_challenge_method": "none"}, 400, b"invalid_request"),
    ],
)
def test_refusals_stay_on_googles_page(
    api: GoogleApi, changes: dict[str, str], status: int, error: bytes
) -> None:
    for method, form in (("GET", None), ("POST", "decision=allow")):
        page = api.call(method, asked(**changes), form)
        assert (page.status, error in page.body) == (status, True)
        assert "Location" not in page.headers
