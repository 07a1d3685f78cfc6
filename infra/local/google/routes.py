"""Which path is which operation of which of Google's services."""

import re
from collections.abc import Callable
from dataclasses import dataclass
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

    def check(self, call: Call) -> None:
        """Only Calendar is held to a document. Raises NotInDiscovery."""
        if self.error is CalendarError and self.operation != "unsupported":
            calendar_api.check(self.operation, call)


_EVENTS = r"/calendar/v3/calendars/(?P<calendar>[^/]+)/events"
_EVENT = _EVENTS + r"/(?P<event>[^/]+)"
_SECRET = r"/v1/projects/(?P<project>[^/]+)/secrets/(?P<secret>[^/:]+)"
_VERSION = _SECRET + r"/versions/(?P<version>[^/:]+)"

_TABLE: list[tuple[str, str, Route]] = [
    ("GET", _EVENTS, Route("list", calendar_api.list_events, CalendarError)),
    ("POST", _EVENTS, Route("insert", calendar_api.insert, CalendarError)),
    ("GET", _EVENT, Route("get", calendar_api.get, CalendarError)),
    ("PATCH", _EVENT, Route("patch", calendar_api.patch, CalendarError)),
    ("DELETE", _EVENT, Route("delete", calendar_api.delete, CalendarError)),
    (r"\w+", r"/calendar/v3/.*", Route("unsupported", calendar_api.unsupported, CalendarError)),
    ("POST", "/token", Route("token", oauth.token, OAuthError)),
    ("GET", "/o/oauth2/v2/auth", Route("consent", consent.show, OAuthError)),
    ("POST", "/o/oauth2/v2/auth", Route("decide", consent.decide, OAuthError)),
    ("GET", "/oauth2/v1/certs", Route("certs", id_token.certificates, OAuthError)),
    ("GET", _VERSION + ":access", Route("secret", secret_manager.access, RpcError)),
    ("POST", _VERSION + ":disable", Route("disableVersion", secret_manager.disable, RpcError)),
    ("POST", _SECRET + ":addVersion", Route("addVersion", secret_manager.add_version, RpcError)),
    ("GET", _SECRET + "/versions", Route("listVersions", secret_manager.list_versions, RpcError)),
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
