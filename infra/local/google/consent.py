"""Google's consent page: who, which scopes, allow or deny, and back with a one-time code."""

import secrets
from collections.abc import Sequence
from html import escape
from urllib.parse import parse_qs, urlencode

from infra.local.google.state import Google
from infra.local.google.tokens import GrantedAccess, OneTimeCode
from infra.local.stand_in.errors import ApiError
from infra.local.stand_in.operations import Call
from infra.local.wire import Response

IDENTITY_SCOPES = (
    "openid",
    "email",
    "profile",
    "https://www.googleapis.com/auth/userinfo.email",
    "https://www.googleapis.com/auth/userinfo.profile",
)
"""Granted with every consent: Google shows no box to untick for them."""

Query = dict[str, str]

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1>
{content}
</body></html>
"""
_FORM = """<form method="post" action="{action}">
<p>Account:</p>
{accounts}
<p>What the application may do:</p>
{scopes}
<button name="decision" value="allow">Continue</button>
<button name="decision" value="deny">Cancel</button>
</form>"""
_INPUT = '<label><input type="{}" name="{}" value="{}"{}> {}</label>\n'


class AccessBlocked(ApiError):
    """The request is refused on Google's own page, without going back to the application."""

    def response(self, echo: Sequence[str] = ()) -> Response:
        explanation = escape(" ".join([self.message, *echo]))
        content = f"<p>{explanation}</p>\n<p>Error {self.status}: {self.reason}</p>"
        return _page("Access blocked", content, self.status)


def show(google: Google, call: Call) -> Response:
    """The page that asks for consent."""
    query = _checked_query(google, call)
    hint, asked = query.get("login_hint"), query["scope"].split()
    accounts = [_input("radio", "account", each, each == hint) for each in google.settings.accounts]
    scopes = [_input("checkbox", "scope", each) for each in asked if each not in IDENTITY_SCOPES]
    action = escape(call.request.target)
    form = _FORM.format(action=action, accounts="".join(accounts), scopes="".join(scopes))
    return _page("Sign in with Google", form)


def decide(google: Google, call: Call) -> Response:
    """What the page's buttons do; the form has `decision`, `account`, `scope` (repeated)."""
    query = _checked_query(google, call)
    form = parse_qs(call.request.body.decode("utf-8", "replace"))
    if form.get("decision") != ["allow"]:
        return _back(query, error="access_denied")
    account = form.get("account", [""])[-1]
    if account not in google.settings.accounts:
        raise AccessBlocked(403, "access_denied", "The account is not known.")
    ticked = [*IDENTITY_SCOPES, *form.get("scope", [])]
    scopes = [scope for scope in query["scope"].split() if scope in ticked]
    code = f"4/0{secrets.token_urlsafe(32)}"
    asks_again = "consent" in query.get("prompt", "").split()
    google.tokens.codes[code] = OneTimeCode(
        grant=GrantedAccess(account, query["client_id"], scopes),
        redirect_uri=query["redirect_uri"],
        challenge=query.get("code_challenge"),
        gives_refresh_token=query.get("access_type") == "offline" and asks_again,
    )
    return _back(query, code=code, scope=" ".join(scopes), authuser="0", prompt="consent")


def _checked_query(google: Google, call: Call) -> Query:
    """What the application asks for. Raises AccessBlocked."""
    query = {name: texts[-1] for name, texts in call.request.query.items()}
    settings = google.settings
    checks = (
        (query.get("client_id") in settings.clients, 401, "invalid_client"),
        (query.get("redirect_uri") in settings.redirect_uris, 400, "redirect_uri_mismatch"),
        (query.get("response_type") == "code", 400, "invalid_request"),
        (query.get("scope"), 400, "invalid_request"),
        (query.get("code_challenge_method", "S256") == "S256", 400, "invalid_request"),
    )
    for is_right, status, reason in checks:
        if not is_right:
            raise AccessBlocked(status, reason, "This app's request is invalid.")
    return query


def _input(kind: str, name: str, value: str, checked: bool = True) -> str:
    text = escape(value)
    return _INPUT.format(kind, name, text, " checked" if checked else "", text)


def _back(query: Query, **values: str) -> Response:
    if "state" in query:
        values = {"state": query["state"]} | values
    target = query["redirect_uri"]
    location = f"{target}{'&' if '?' in target else '?'}{urlencode(values)}"
    return Response(302, content_type="text/html", headers={"Location": location})


def _page(title: str, content: str, status: int = 200) -> Response:
    text = _PAGE.format(title=title, content=content)
    return Response(status, text.encode(), "text/html; charset=UTF-8")
