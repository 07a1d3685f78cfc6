"""Google Calendar: the stand-in's own event logic, called in-process. The one module that
knows the inside of infra/local/google."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from infra.local.google import calendar_api, defaults, event_writing, routes
from infra.local.google.errors import ApiError
from infra.local.google.wire import Request, Response
from infra.local.google.world import World

Document = dict[str, Any]


class Google:
    """One calendar, its guests' mails, and the access tokens that it takes."""

    def __init__(self, meet: Mapping[str, Any], refused_emails: tuple[str, ...]) -> None:
        self.world = World()
        self.world.change_settings({"meet": meet, "refused_emails": list(refused_emails)})

    def new_token(self) -> str:
        grant = self.world.tokens.grants[defaults.REFRESH_TOKEN]
        return self.world.tokens.issue(grant, 1e9)

    def request(
        self, uri: str, method: str, body: str | bytes | None, headers: Mapping[str, str]
    ) -> "CalendarRequest":
        parts = urlsplit(uri)
        content = body.encode() if isinstance(body, str) else body or b""
        names = {name.lower(): value for name, value in headers.items()}
        request = Request(method, parts.path, parts.query, names, content, "")
        return CalendarRequest(self.world, request)

    def events(self) -> list[Document]:
        """Every event, deleted ones too."""
        return [held.resource for held in self._held().values()]

    def events_of(self, class_id: str) -> list[Document]:
        """Those made for a class."""
        return [event for event in self.events() if _owner(event) == class_id]

    def edit(self, event_id: str, changes: Document | None) -> None:
        """By hand: changes a live event or, without changes, deletes it; nobody is told."""
        calendar = self.world.calendars[defaults.CALENDAR_ID]
        manner = event_writing.Manner()
        held = calendar.events[event_id]
        if changes is None:
            event_writing.cancel(self.world, calendar, held, manner)
        else:
            event_writing.change(self.world, calendar, held, changes, manner)

    def mails(self) -> Iterator[tuple[str, str, str]]:
        """Kind, event id and address of every mail to a guest."""
        for mail in self.world.invitations:
            yield mail.kind, mail.event_id, mail.attendee

    def _held(self) -> Any:
        return self.world.calendars[defaults.CALENDAR_ID].events


def _owner(event: Document) -> object:
    return event.get("extendedProperties", {}).get("private", {}).get("virtualClassId")


class CalendarRequest:
    """A request as it arrived."""

    def __init__(self, world: World, request: Request) -> None:
        found = routes.find(request)
        assert found, request.path
        self._world = world
        self.route, self.call = found
        self.operation = self.route.operation
        is_insert = self.operation == "insert"
        self._stood_on_arrival = is_insert and calendar_api.stood_on_arrival(world, self.call)

    @property
    def event_id(self) -> str:
        if self.operation == "insert":
            return str(self.call.json.get("id", ""))
        return self.call.args.get("event", "")

    def suffer(self, fault: str | None) -> None:
        """Has the call ready for a fault of its operation."""
        self.call.may_overwrite = fault == "accept_duplicate" and not self._stood_on_arrival
        self.call.refuses_attendees = fault == "refuse_attendees"
        if fault == "expire":
            self._world.tokens.expire_access_tokens()

    def carry_out(self) -> Response:
        try:
            self.route.check(self.call)
            return self.route.handler(self._world, self.call)
        except ApiError as error:
            return error.response()

    def refusal(self, status: int, reason: str, retry_after: int | None) -> Response:
        """A planned error in Google's words."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return self.route.error(status, reason, "planned fault", headers).response()
