"""The token endpoint, and what verifies the ID tokens it gives out."""

import secrets
from typing import Any

from infra.local.google.errors import OAuthError
from infra.local.google.id_token import KEY_ID, id_token, public_key
from infra.local.google.state import Google
from infra.local.google.tokens import GrantedAccess
from infra.local.stand_in.operations import Call
from infra.local.wire import Response, json_response

TESTING_LIFETIME_SECONDS = 604_799
"""How long a refresh token lives that was granted to an app in publishing status "Testing"."""


def token(google: Google, call: Call) -> Response:
    """`POST /token`"""
    form = call.request.form
    _check_client(google, form)
    match form.get("grant_type"):
        case "refresh_token":
            return json_response(_refreshed(google, form))
        case "authorization_code":
            return json_response(_exchanged(google, form))
        case None:
            raise OAuthError(400, "invalid_request", "Missing required parameter: grant_type")
        case other:
            raise OAuthError(400, "unsupported_grant_type", f"Invalid grant_type: {other}")


def certificates(_google: Google, _call: Call) -> Response:
    """`GET /oauth2/v1/certs`: what verifies ID tokens, by key id."""
    return json_response({KEY_ID: public_key()})


def _check_client(google: Google, form: dict[str, str]) -> None:
    secret = google.settings.clients.get(form.get("client_id", ""))
    if secret is None:
        raise OAuthError(401, "invalid_client", "The OAuth client was not found.")
    if form.get("client_secret") != secret:
        raise OAuthError(401, "invalid_client", "Unauthorized")


def _refreshed(google: Google, form: dict[str, str]) -> dict[str, Any]:
    grant = google.tokens.grants.get(form.get("refresh_token", ""))
    if grant is None or grant.revoked:
        raise OAuthError(400, "invalid_grant", "Token has been expired or revoked.")
    if grant.client_id != form["client_id"]:
        raise OAuthError(401, "unauthorized_client", "Unauthorized")
    return _token_answer(google, grant)


def _exchanged(google: Google, form: dict[str, str]) -> dict[str, Any]:
    code = google.tokens.codes.pop(form.get("code", ""), None)
    if code is None or code.grant.client_id != form["client_id"]:
        raise OAuthError(400, "invalid_grant", "Malformed auth code.")
    if code.redirect_uri != form.get("redirect_uri"):
        raise OAuthError(400, "redirect_uri_mismatch", "Bad Request")
    if not code.is_proved_by(form.get("code_verifier", "")):
        raise OAuthError(400, "invalid_grant", "Invalid code verifier.")
    answer = _token_answer(google, code.grant)
    if code.gives_refresh_token:
        answer["refresh_token"] = refresh_token = f"1//0{secrets.token_urlsafe(32)}"
        google.tokens.grants[refresh_token] = code.grant
        if google.settings.testing:
            answer["refresh_token_expires_in"] = TESTING_LIFETIME_SECONDS
    return answer


def _token_answer(google: Google, grant: GrantedAccess) -> dict[str, Any]:
    lifetime = google.settings.token_lifetime
    access_token = google.tokens.issue(grant, lifetime)
    answer = {
        "access_token": access_token,
        "expires_in": lifetime,
        "scope": " ".join(grant.scopes),
        "token_type": "Bearer",
    }
    if "openid" in grant.scopes:
        answer["id_token"] = id_token(grant.account, grant.client_id, access_token, lifetime)
    return answer
