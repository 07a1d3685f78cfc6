"""Which path is which operation of which of Google's services."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import unquote

from . import calendar_api, consent, id_token, oauth, secret_manager
from .errors import ApiError, CalendarError, OAuthError, RpcError
from .wire import Request, Response
from .world import Call, World

Handler = Callable[[World, Call], Response]


@dataclass(frozen=True)
class Route:
    """An operation: its name, what carries it out and how its service words an error."""

    operation: str
    handler: Handler
    error: type[ApiError]
    check: Callable[[Call], None]


def _unchecked(call: Call) -> None:
    """Only Calendar is held to a document."""


def _calendar_route(name: str, handler: Handler) -> Route:
    return Route(name, handler, CalendarError, partial(calendar_api.check, name))


def _secret_route(name: str, handler: Handler) -> Route:
    return Route(name, handler, RpcError, _unchecked)


def _oauth_route(name: str, handler: Handler) -> Route:
    return Route(name, handler, OAuthError, _unchecked)


_EVENTS = r"/calendar/v3/calendars/(?P<calendar>[^/]+)/events"
_EVENT = _EVENTS + r"/(?P<event>[^/]+)"
_SECRETS = r"/v1/projects/(?P<project>[^/]+)/secrets"
_SECRET = _SECRETS + r"/(?P<secret>[^/:]+)"
_VERSION = _SECRET + r"/versions/(?P<version>[^/:]+)"
_UNSUPPORTED = Route("unsupported", calendar_api.unsupported, CalendarError, _unchecked)

_TABLE: list[tuple[str, str, Route]] = [
    ("GET", _EVENTS, _calendar_route("list", calendar_api.list_events)),
    ("POST", _EVENTS, _calendar_route("insert", calendar_api.insert)),
    ("GET", _EVENT, _calendar_route("get", calendar_api.get)),
    ("PATCH", _EVENT, _calendar_route("patch", calendar_api.patch)),
    ("DELETE", _EVENT, _calendar_route("delete", calendar_api.delete)),
    ("POST", r"/token", _oauth_route("token", oauth.token)),
    ("GET", r"/o/oauth2/v2/auth", _oauth_route("consent", consent.show)),
    ("POST", r"/o/oauth2/v2/auth", _oauth_route("decide", consent.decide)),
    ("GET", r"/oauth2/v1/certs", _oauth_route("certs", id_token.pem_certificates)),
    ("GET", r"/oauth2/v3/certs", _oauth_route("certs", id_token.json_web_keys)),
    ("GET", _VERSION + ":access", _secret_route("secret", secret_manager.access)),
    ("POST", _SECRET + ":addVersion", _secret_route("addVersion", secret_manager.add_version)),
    (
        "POST",
        _VERSION + ":(?P<verb>enable|disable|destroy)",
        _secret_route("{verb}Version", secret_manager.set_state),
    ),
    ("GET", _VERSION, _secret_route("getVersion", secret_manager.get_version)),
    ("GET", _SECRET + "/versions", _secret_route("listVersions", secret_manager.list_versions)),
    ("GET", _SECRET, _secret_route("getSecret", secret_manager.get_secret)),
    ("POST", _SECRETS, _secret_route("createSecret", secret_manager.create_secret)),
    (r"\w+", r"/calendar/v3/.*", _UNSUPPORTED),
]
_COMPILED = [(re.compile(method), re.compile(path), route) for method, path, route in _TABLE]


def find(request: Request) -> tuple[Route, Call] | None:
    """The operation that a request asks for, None where Google has nothing at that path."""
    for method, path, route in _COMPILED:
        match = path.fullmatch(request.path)
        if match is not None and method.fullmatch(request.method):
            args = {name: unquote(value) for name, value in match.groupdict().items()}
            return route, Call(request, args)
    return None


def operation_name(route: Route, call: Call) -> str:
    return route.operation.format(**call.args)
