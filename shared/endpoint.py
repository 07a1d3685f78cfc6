"""What every request needs: method check, settings, headers, errors as JSON, the log line."""

import json
import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import Request, Response, current_app, has_app_context, request
from werkzeug.wsgi import ClosingIterator

from shared import log, request_body
from shared.cors import sharing_headers
from shared.errors import InternalError, MethodNotAllowed, Misconfigured, ServiceError
from shared.settings import Settings, settings

JSON = "application/json"


class Answer(Response):
    """A response and the failure behind it: one it reports, or one that is hidden from the
    caller and only logged."""

    failure: ServiceError | None = None

    def get_app_iter(self, environ: Any) -> Iterable[bytes]:
        """Makes werkzeug call `close` on an answer without a body too."""
        return super().get_app_iter(environ) or ClosingIterator((), self.close)


Handle = Callable[[Request, Settings], Answer]


@dataclass(frozen=True)
class Endpoint:
    """An HTTP function: its name, the methods it allows, its text for every 5xx, and whether
    pages from `ALLOWED_ORIGINS` may read its answers."""

    name: str
    methods: tuple[str, ...]
    failure_text: str
    is_for_browsers: bool = False

    def __post_init__(self) -> None:
        """Keeps the framework from waiting for a request's body, whatever the path or method."""
        if has_app_context():  # while the framework loads the function
            current_app.before_request(lambda: request_body.leave(request))
            current_app.after_request(lambda answer: request_body.finish(request, answer))

    def serve(self, request: Request, handle: Handle) -> Answer:
        """The answer of `handle`, or the documented error for what it raises. Logs a line."""
        request_log = log.begin(self.name)
        try:
            answer = self._handled(request, handle)
        except ServiceError as error:
            answer = self._error(error)
        except Exception as error:
            answer = self._error(InternalError.caused_by(error))
        answer.headers.update(self._common_headers(request))
        if answer.failure or request_log.is_worth_a_line:
            _print_line(request, request_log, answer)
        if answer.failure and not answer.failure.retryable and self._is_asked_by_a_queue(request):
            answer.status_code = 202
        return answer

    def _is_asked_by_a_queue(self, request: Request) -> bool:
        """Whether Cloud Tasks asks, which repeats everything but a 2xx."""
        return not self.is_for_browsers and "X-CloudTasks-TaskName" in request.headers

    def _handled(self, request: Request, handle: Handle) -> Answer:
        if request.method not in self.methods:
            raise MethodNotAllowed("the method is not allowed")
        current = settings()
        return Answer(status=204) if request.method == "OPTIONS" else handle(request, current)

    def _common_headers(self, request: Request) -> dict[str, str]:
        headers = {"X-Content-Type-Options": "nosniff"}
        if self.is_for_browsers:
            with suppress(Misconfigured):  # the answer says so; the origins are unknown
                headers |= sharing_headers(request, settings().allowed_origins, self.methods)
        return headers

    def _error(self, failure: ServiceError) -> Answer:
        text = self.failure_text if failure.status >= 500 else failure.text
        body: dict[str, Any] = {"error": text, "code": failure.code, "retryable": failure.retryable}
        if failure.details:
            body["details"] = failure.details
        answer = Answer(json.dumps(body), failure.status, content_type=JSON)
        answer.headers["Cache-Control"] = "no-store"
        if failure.status == 503:
            answer.headers["Retry-After"] = str(max(math.ceil(failure.retry_after or 0), 1))
        if isinstance(failure, MethodNotAllowed):
            answer.headers["Allow"] = ", ".join(self.methods)
        answer.failure = failure
        return answer


def _print_line(request: Request, request_log: log.RequestLog, answer: Answer) -> None:
    with suppress(Misconfigured):
        log.note_trace(request.headers, settings().google_cloud_project)
    failure = answer.failure
    if failure is None:
        severity = min(request_log.notices.values(), default="INFO")  # ERROR before WARNING
        log.finish(request_log, severity, "ok", code="ok", status=answer.status_code)
        return
    fields: dict[str, Any] = {"status": answer.status_code, "cause": failure.cause}
    if isinstance(failure, InternalError) and failure.__cause__:
        fields["traceback"] = log.stack(failure.__cause__)
    message = f"{failure.code}: {failure.cause}"
    log.finish(request_log, failure.severity, message, code=failure.code, **fields)
