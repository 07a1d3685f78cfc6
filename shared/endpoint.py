"""What both functions do alike: methods, time, settings, errors as JSON, the log line."""

import json
import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import Request, Response, current_app, has_app_context, request
from werkzeug.datastructures import Headers
from werkzeug.wsgi import ClosingIterator

from shared import log, request_body
from shared.errors import InternalError, MethodNotAllowed, Misconfigured, ServiceError
from shared.settings import Settings, settings

JSON = "application/json"


class Answer(Response):
    """A response of which a 200 has all its headers: werkzeug need not copy and search them."""

    def get_app_iter(self, environ: Any) -> Iterable[bytes]:
        """werkzeug forgets to close an answer without a body."""
        return super().get_app_iter(environ) or ClosingIterator((), self.close)

    def get_wsgi_headers(self, environ: Any) -> Headers:
        return self.headers if self.status_code == 200 else super().get_wsgi_headers(environ)


@dataclass(frozen=True)
class Endpoint:
    """An HTTP function: its name, the methods it allows and its text for every failure that
    is not the caller's."""

    name: str
    methods: tuple[str, ...]
    failure_text: str

    def __post_init__(self) -> None:
        """Whatever path or method is asked for, no body is waited for that is not read here."""
        if has_app_context():  # while the framework loads the function
            current_app.before_request(lambda: request_body.leave(request))
            current_app.after_request(lambda answer: request_body.finish(request, answer))

    def serve(self, request: Request, handle: Callable[[Request, Settings], Answer]) -> Answer:
        """`handle`'s answer, or the documented one for what it raises. Prints the log line."""
        request_log = log.begin(self.name)
        with suppress(Misconfigured):
            log.note_trace(request.headers, settings().google_cloud_project)
        try:
            if request.method not in self.methods:
                raise MethodNotAllowed("the method is not allowed")
            response = handle(request, settings())
        except ServiceError as error:
            return self._failed(error, request_log)
        except Exception as error:
            return self._failed(InternalError.caused_by(error), request_log)
        if request_log.hidden:
            _finish_failed(request_log, request_log.hidden, response.status_code)
        else:
            severity = min(request_log.notices.values(), default="INFO")  # ERROR before WARNING
            log.finish(request_log, severity, "ok", code="ok", status=response.status_code)
        return response

    def _failed(self, error: ServiceError, request_log: log.RequestLog) -> Answer:
        _finish_failed(request_log, error, error.status)
        text = self.failure_text if error.status >= 500 else error.text
        body: dict[str, Any] = {"error": text, "code": error.code, "retryable": error.retryable}
        if error.details:
            body["details"] = error.details
        headers = {"Cache-Control": "no-store"}
        if error.status == 503:
            headers["Retry-After"] = str(max(math.ceil(error.retry_after or 0), 1))
        if isinstance(error, MethodNotAllowed):
            headers["Allow"] = ", ".join(self.methods)
        return Answer(json.dumps(body), error.status, headers, content_type=JSON)


def _finish_failed(request_log: log.RequestLog, error: ServiceError, status: int) -> None:
    fields: dict[str, Any] = {"code": error.code, "status": status, "cause": error.cause}
    if error.__cause__ and isinstance(error, InternalError):
        fields["traceback"] = log.stack(error.__cause__)
    log.finish(request_log, error.severity, f"{error.code}: {error.cause}", **fields)
