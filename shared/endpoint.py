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
from shared.errors import MethodNotAllowed, Misconfigured, ServiceError, failure_of
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
            request_body.keep_back(current_app)

        @wraps(handle)
        def serve(request: Request) -> Response:
            return self._serve(request, handle)

        return serve

    def _serve(self, request: Request, handle: Handle) -> Response:
        request_log = log.begin(handle.__name__)
        try:
            answer = self._handled(request, handle)
        except Exception as error:
            answer = self._error(failure_of(error))
        failure, status = answer.failure, answer.status
        # If it did no more than answer, Cloud Run's request log is enough.
        if failure or request_log.calls or request_log.notices:
            with suppress(Misconfigured):
                parent = request.headers.get("traceparent", "")
                log.note_trace(parent, settings().google_cloud_project)
            log.finish(request_log, status, failure)
        is_queued = not self.is_for_browsers and "X-CloudTasks-TaskName" in request.headers
        if is_queued and failure and not failure.retryable:
            status = 202  # Cloud Tasks repeats everything but a 2xx
        return Response(answer.body, status, {**self._headers(request), **answer.headers})

    def _handled(self, request: Request, handle: Handle) -> Answer:
        if request.method not in self.methods:
            raise MethodNotAllowed("the method is not allowed")
        current = settings()
        return Answer("", {}, 204) if request.method == "OPTIONS" else handle(request, current)

    def _error(self, failure: ServiceError) -> Answer:
        text = self.failure_text if failure.status >= 500 else failure.text or failure.cause
        body: dict[str, Any] = {"error": text, "code": failure.code, "retryable": failure.retryable}
        if failure.details:
            body["details"] = failure.details
        headers = {"Cache-Control": "no-store"}
        if failure.status == 503:
            headers["Retry-After"] = str(max(math.ceil(failure.retry_after or 0), 1))
        if isinstance(failure, MethodNotAllowed):
            headers["Allow"] = ", ".join(self.methods)
        return Answer(json.dumps(body), headers, failure.status, failure)

    def _headers(self, request: Request) -> dict[str, str]:
        """Those of every answer."""
        headers = {"Content-Type": "application/json", "X-Content-Type-Options": "nosniff"}
        if self.is_for_browsers:
            with suppress(Misconfigured):  # the answer says so; the origins are unknown
                headers |= self._sharing_headers(request, settings().allowed_origins)
        return headers

    def _sharing_headers(self, request: Request, allowed: frozenset[str]) -> dict[str, str]:
        """Those that let the page at the request's `Origin` read the answer, if that origin or
        "*" is `allowed`: https://developer.mozilla.org/docs/Web/HTTP/Guides/CORS"""
        headers = {} if "*" in allowed else {"Vary": "Origin"}
        origin = "*" if "*" in allowed else request.headers.get("Origin", "")
        if origin.lower() not in allowed:
            return headers
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = "Age, Date, ETag, Retry-After"
        if request.method == "OPTIONS":
            headers["Access-Control-Allow-Methods"] = ", ".join(self.methods)
            headers["Access-Control-Allow-Headers"] = "Content-Type, If-None-Match"
            headers["Access-Control-Max-Age"] = "3600"
        return headers
