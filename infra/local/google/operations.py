"""Which path is which operation of which of Google's services: the whole of the stand-in."""

from infra.local.google import calendar_api, consent, oauth, secret_manager
from infra.local.google.calendar_access import check_call
from infra.local.google.control import Control
from infra.local.google.errors import CalendarError, OAuthError, RpcError
from infra.local.google.state import Google
from infra.local.stand_in.application import StandIn
from infra.local.stand_in.operations import Operation

_EVENTS = r"/calendar/v3/calendars/(?P<calendar>[^/]+)/events"
_EVENT = _EVENTS + r"/(?P<event>[^/]+)"
_SECRET = r"/v1/projects/(?P<project>[^/]+)/secrets/(?P<secret>[^/:]+)"
_VERSION = _SECRET + r"/versions/(?P<version>[^/:]+)"
_CONSENT = "/o/oauth2/v2/auth"

OPERATIONS = [
    Operation("list", "GET", _EVENTS, calendar_api.list_events, CalendarError, check_call),
    Operation("insert", "POST", _EVENTS, calendar_api.insert, CalendarError, check_call),
    Operation("get", "GET", _EVENT, calendar_api.get, CalendarError, check_call),
    Operation("patch", "PATCH", _EVENT, calendar_api.patch, CalendarError, check_call),
    Operation("delete", "DELETE", _EVENT, calendar_api.delete, CalendarError, check_call),
    Operation("token", "POST", "/token", oauth.token, OAuthError),
    Operation("consent", "GET", _CONSENT, consent.show, OAuthError),
    Operation("decide", "POST", _CONSENT, consent.decide, OAuthError),
    Operation("certs", "GET", "/oauth2/v1/certs", oauth.certificates, OAuthError),
    Operation("secret", "GET", _VERSION + ":access", secret_manager.access, RpcError),
    Operation("disableVersion", "POST", _VERSION + ":disable", secret_manager.disable, RpcError),
    Operation("addVersion", "POST", _SECRET + ":addVersion", secret_manager.add_version, RpcError),
    Operation("listVersions", "GET", _SECRET + "/versions", secret_manager.list_versions, RpcError),
]


def stand_in() -> StandIn:
    google = Google()
    return StandIn("Google", google, OPERATIONS, Control(google))
