"""Reads a request's body within a size and a time; nothing else waits for it.

A caller may announce a body and never send it, send it byte by byte, or send it without end.
By default the framework drains the body before it answers, and gunicorn before it reuses the
connection, for seconds in a worker's thread. Here the framework is shown a request without a
body, and only `read` waits, until its deadline. This needs the socket, which gunicorn provides;
under another server nothing is bounded.
"""

import io
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from flask import Flask, Request
from werkzeug.wsgi import ClosingIterator, get_content_length, get_input_stream

from shared.deadline import Deadline
from shared.errors import BodyTooLarge, InvalidRequest

_LINGER_SECONDS = 1.0
"""How long a caller may go on sending after the answer."""
_SILENCE_SECONDS = 0.2
"""How long it may pause while doing so."""
_PIECE = 65_536
_BROKEN = "Body is broken or not all there"
_KEY = "shared.request_body"


def read(request: Request, most: int, deadline: Deadline) -> bytes:
    """The whole body. Raises BodyTooLarge above `most` bytes, at once if the announced length is,
    and InvalidRequest if it is malformed or incomplete at `deadline`."""
    body: _Body | None = request.environ.get(_KEY)
    return body.read(most, deadline) if body else b""


def keep_back(app: Flask) -> None:
    """Shows the application requests without their bodies, on any path and of any method."""
    answer = app.wsgi_app

    def middleware(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH", "0") == "0" and "HTTP_TRANSFER_ENCODING" not in environ:
            return answer(environ, start_response)
        body = _Body(environ)
        environ |= {_KEY: body, "wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0"}
        return ClosingIterator(answer(environ, start_response), body.finish)

    app.wsgi_app = middleware  # type: ignore[method-assign]


class _Body:
    """A body that waits on its connection."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self._stream = get_input_stream(environ)
        self._announced = get_content_length(environ) or 0
        self._connection: socket.socket | None = environ.get("gunicorn.socket")
        self._is_read = False

    def read(self, most: int, deadline: Deadline) -> bytes:
        if self._announced > most:
            raise BodyTooLarge("announced")
        # A timeout would bound each read but not all of them together.
        timer = threading.Timer(deadline.left(), self._shut, [socket.SHUT_RD])
        timer.daemon = True
        timer.start()
        try:
            content = self._stream.read(most + 1)
        except Exception as error:  # malformed chunks: each server has its own exception
            raise InvalidRequest(_BROKEN) from error
        finally:
            timer.cancel()
        if len(content) > most:
            raise BodyTooLarge("sent")
        if len(content) < self._announced:
            raise InvalidRequest(_BROKEN)
        self._is_read = True
        return content

    def finish(self) -> None:
        """Closes the connection unless the whole body was read, after reading for a while what
        still arrives: a caller that sends and is not read may not get to the answer."""
        if self._is_read or self._connection is None:
            return
        self._shut(socket.SHUT_WR)
        self._connection.settimeout(_SILENCE_SECONDS)
        end = Deadline(_LINGER_SECONDS)
        with suppress(OSError):
            while end.left() > 0 and self._connection.recv(_PIECE):
                pass
        self._shut(socket.SHUT_RDWR)

    def _shut(self, side: int) -> None:
        with suppress(OSError):  # the caller may have disconnected
            if self._connection:
                self._connection.shutdown(side)
