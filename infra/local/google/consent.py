"""Google's consent page: who, which scopes, allow or deny, and back with a one-time code."""

import secrets
from collections.abc import Sequence
from html import escape
from urllib.parse import parse_qs, urlencode

from infra.local.google.state import Google
from infra.local.google.tokens import Code, GrantedAccess
from infra.local.stand_in.errors import ApiError
from infra.local.stand_in.operations import Call
from infra.local.wire import Request, Response

IDENTITY_SCOPES = (
    "openid",
    "email",
    "profile",
    "https://www.googleapis.com/auth/userinfo.email",
    "https://www.googleapis.com/auth/userinfo.profile",
)
"""Granted with every consent: Google shows no box to untick for them."""

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1>
{content}
</body></html>
"""


class AccessBlocked(ApiError):
    """The request is refused on Google's own page, without going back to the application."""

    def response(self, echo: Sequence[str] = ()) -> Response:
        explanation = escape(" ".join([self.message, *echo]))
        content = f"<p>{explanation}</p>\n<p>Error {self.status}: {self.reason}</p>"
        return _page("Access blocked", content, self.status)


def show(google: Google, call: Call) -> Response:
    """The page that asks for consent."""
    asked = _Asked(google, call.request)
    return _page("Sign in with Google", _form(google, asked, call.request))


def decide(google: Google, call: Call) -> Response:
    """What the page's buttons do; the form has `decision`, `account`, `scope` (repeated)."""
    asked = _Asked(google, call.request)
    form = parse_qs(call.request.body.decode("utf-8", "replace"))
    if form.get("decision") != ["allow"]:
        return _back(asked, error="access_denied")
    account = form.get("account", [""])[-1]
    if account not in google.settings.accounts:
        raise AccessBlocked(403, "access_denied", "The account is not known.")
    ticked = [*IDENTITY_SCOPES, *form.get("scope", [])]
    scopes = [scope for scope in asked.scopes if scope in ticked]
    code = f"4/0{secrets.token_urlsafe(32)}"
    with google.lock:
        google.tokens.codes[code] = asked.code(account, scopes)
    return _back(asked, code=code, scope=" ".join(scopes), authuser="0", prompt="consent")


class _Asked:
    """What the application asks for. Raises AccessBlocked."""

    def __init__(self, google: Google, request: Request) -> None:
        query = {name: texts[-1] for name, texts in request.query.items()}
        self.client_id = query.get("client_id", "")
        self.redirect_uri = query.get("redirect_uri", "")
        self.scopes = query.get("scope", "").split()
        self.state = query.get("state")
        self.login_hint = query.get("login_hint")
        self.challenge = query.get("code_challenge")
        self.challenge_method = query.get("code_challenge_method", "plain")
        self.is_offline = query.get("access_type") == "offline"
        self.asks_again = "consent" in query.get("prompt", "").split()
        if self.client_id not in google.settings.clients:
            raise AccessBlocked(401, "invalid_client", "The OAuth client was not found.")
        if self.redirect_uri not in google.settings.redirect_uris:
            explanation = "The redirect URI in the request does not match a registered one: "
            raise AccessBlocked(400, "redirect_uri_mismatch", explanation + self.redirect_uri)
        if query.get("response_type") != "code" or not self.scopes:
            raise AccessBlocked(
                400, "invalid_request", "Required parameter is missing or not supported."
            )
        if self.challenge_method not in ("plain", "S256"):
            raise AccessBlocked(400, "invalid_request", "Invalid code_challenge_method.")

    def code(self, account: str, scopes: list[str]) -> Code:
        return Code(
            grant=GrantedAccess(account, self.client_id, scopes),
            redirect_uri=self.redirect_uri,
            challenge=self.challenge,
            challenge_method=self.challenge_method,
            gives_refresh_token=self.is_offline and self.asks_again,
        )


def _form(google: Google, asked: _Asked, request: Request) -> str:
    accounts = "".join(
        f'<p><label><input type="radio" name="account" value="{escape(account)}"'
        f"{' checked' if account == asked.login_hint else ''}> {escape(account)}</label></p>\n"
        for account in google.settings.accounts
    )
    scopes = "".join(
        f'<p><label><input type="checkbox" name="scope" value="{escape(scope)}" checked> '
        f"{escape(scope)}</label></p>\n"
        for scope in asked.scopes
        if scope not in IDENTITY_SCOPES
    )
    return (
        f'<form method="post" action="{request.path}?{escape(request.query_string)}">\n'
        f"<fieldset><legend>Account</legend>\n{accounts}</fieldset>\n"
        f"<fieldset><legend>What the application may do</legend>\n{scopes}</fieldset>\n"
        '<button name="decision" value="allow">Continue</button>\n'
        '<button name="decision" value="deny">Cancel</button>\n</form>'
    )


def _back(asked: _Asked, **values: str) -> Response:
    if asked.state is not None:
        values = {"state": asked.state} | values
    separator = "&" if "?" in asked.redirect_uri else "?"
    location = f"{asked.redirect_uri}{separator}{urlencode(values)}"
    return Response(302, content_type="text/html", headers={"Location": location})


def _page(title: str, content: str, status: int = 200) -> Response:
    text = _PAGE.format(title=title, content=content)
    return Response(status, text.encode(), "text/html; charset=UTF-8")
