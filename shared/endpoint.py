"""What every request needs: method check, settings, headers, errors as JSON, the log line."""

import json
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from typing import Any, NamedTuple

from flask import Request, Response, current_app, has_app_context

from shared import log, request_body
from shared.cors import sharing_headers
from shared.errors import InternalError, MethodNotAllowed, Misconfigured, ServiceError
from shared.settings import Settings, settings


class Answer(NamedTuple):
    """What is answered, as JSON, and the failure behind it: one it reports, or one that is hidden
    from the caller and only logged."""

    body: str | bytes
    headers: Mapping[str, str]
    status: int = 200
    failure: ServiceError | None = None


Handle = Callable[[Request, Settings], Answer]


@dataclass(frozen=True)
class Endpoint:
    """Decorates a function that handles requests of these `methods`, so that the framework can
    call it: what it raises is answered as documented, with `failure_text` for every 5xx. Pages
    from `ALLOWED_ORIGINS` may read the answers if it `is_for_browsers`."""

    methods: tuple[str, ...]
    failure_text: str
    is_for_browsers: bool = False

    def __call__(self, handle: Handle) -> Callable[[Request], Response]:
        if has_app_context():  # while the framework loads the function
            current_app.wsgi_app = request_body.kept_back(  # type: ignore[method-assign]
                current_app.wsgi_app
            )

        @wraps(handle)
        def serve(request: Request) -> Response:
            return self._response(request, handle)

        return serve

    def _response(self, request: Request, handle: Handle) -> Response:
        request_log = log.begin(handle.__name__)
        try:
            answer = self._handled(request, handle)
        except ServiceError as error:
            answer = self._error(error)
        except Exception as error:
            answer = self._error(InternalError.caused_by(error))
        failure, status = answer.failure, answer.status
        if failure or request_log.is_worth_a_line:
            _print_line(request, request_log, answer)
        if failure and not failure.retryable and self._is_asked_by_a_queue(request):
            status = 202
        return Response(answer.body, status, self._headers(request, answer))

    def _is_asked_by_a_queue(self, request: Request) -> bool:
        """Whether Cloud Tasks asks, which repeats everything but a 2xx."""
        return not self.is_for_browsers and "X-CloudTasks-TaskName" in request.headers

    def _handled(self, request: Request, handle: Handle) -> Answer:
        if request.method not in self.methods:
            raise MethodNotAllowed("the method is not allowed")
        current = settings()
        return Answer("", {}, 204) if request.method == "OPTIONS" else handle(request, current)

    def _headers(self, request: Request, answer: Answer) -> dict[str, str]:
        common = {"Content-Type": "application/json", "X-Content-Type-Options": "nosniff"}
        headers = {**common, **answer.headers}
        if self.is_for_browsers:
            with suppress(Misconfigured):  # the answer says so; the origins are unknown
                headers |= sharing_headers(request, settings().allowed_origins, self.methods)
        return headers

    def _error(self, failure: ServiceError) -> Answer:
        text = self.failure_text if failure.status >= 500 else failure.text
        body: dict[str, Any] = {"error": text, "code": failure.code, "retryable": failure.retryable}
        if failure.details:
            body["details"] = failure.details
        headers = {"Cache-Control": "no-store"}
        if failure.status == 503:
            headers["Retry-After"] = str(max(math.ceil(failure.retry_after or 0), 1))
        if isinstance(failure, MethodNotAllowed):
            headers["Allow"] = ", ".join(self.methods)
        return Answer(json.dumps(body), headers, failure.status, failure)


def _print_line(request: Request, request_log: log.RequestLog, answer: Answer) -> None:
    with suppress(Misconfigured):
        log.note_trace(request.headers, settings().google_cloud_project)
    failure = answer.failure
    if failure is None:
        severity = min(request_log.notices.values(), default="INFO")  # ERROR before WARNING
        log.finish(request_log, severity, "ok", code="ok", status=answer.status)
        return
    fields: dict[str, Any] = {"status": answer.status, "cause": failure.cause}
    if isinstance(failure, InternalError) and failure.__cause__:
        fields["traceback"] = log.stack(failure.__cause__)
    message = f"{failure.code}: {failure.cause}"
    log.finish(request_log, failure.severity, message, code=failure.code, **fields)
