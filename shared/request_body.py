"""Reads a request's body within a size and a time; nothing else waits for it.

A caller may announce a body and never send it, send it byte by byte, or send it without end.
By default the framework drains the body before it answers, and gunicorn before it reuses the
connection, for seconds in a worker's thread. Here only `read` waits, until its deadline. This
needs the socket, which gunicorn provides; under another server nothing is bounded.
"""

import io
import socket
import threading
from contextlib import suppress
from typing import Any

from flask import Request, Response
from werkzeug.wsgi import get_input_stream

from shared.deadline import Deadline
from shared.errors import BodyTooLarge, InvalidRequest

_LINGER_SECONDS = 1.0
"""How long a caller may go on sending after the answer."""
_SILENCE_SECONDS = 0.2
"""How long it may pause while doing so."""
_PIECE = 65_536
_BROKEN = "Body is broken or not all there"
_CONNECTION = "gunicorn.socket"
_IS_READ = "request_body.is_read"


def read(request: Request, most: int, deadline: Deadline) -> bytes:
    """The whole body. Raises BodyTooLarge above `most` bytes, at once if the announced length is,
    and InvalidRequest if it is malformed or incomplete at `deadline`."""
    announced = request.content_length or 0
    if announced > most:
        raise BodyTooLarge("announced")
    # A timeout would bound each read but not all of them together.
    timer = threading.Timer(deadline.left(), _shut, [request.environ, socket.SHUT_RD])
    timer.daemon = True
    timer.start()
    try:
        content = get_input_stream(request.environ).read(most + 1)
    except Exception as error:  # malformed chunks: each server has its own exception
        raise InvalidRequest(_BROKEN) from error
    finally:
        timer.cancel()
    if len(content) > most:
        raise BodyTooLarge("sent")
    if len(content) < announced:
        raise InvalidRequest(_BROKEN)
    request.environ[_IS_READ] = True
    return content


def leave(request: Request) -> None:
    """Empties `request.stream`, which the framework would drain before it answers."""
    request.stream = io.BytesIO()


def finish(request: Request, response: Response) -> Response:
    """Has the connection closed after the answer unless the whole body was read."""
    environ = request.environ
    has_body = environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ
    if has_body and _IS_READ not in environ:
        response.call_on_close(lambda: _hang_up(environ))
    return response


def _hang_up(environ: dict[str, Any]) -> None:
    """Closes the connection, after reading for a while what still arrives: a caller that sends
    and is not read may not get to the answer."""
    _shut(environ, socket.SHUT_WR)
    if connection := environ.get(_CONNECTION):
        end = Deadline(_LINGER_SECONDS)
        connection.settimeout(_SILENCE_SECONDS)
        with suppress(OSError):
            while end.left() > 0 and connection.recv(_PIECE):
                pass
    _shut(environ, socket.SHUT_RDWR)


def _shut(environ: dict[str, Any], side: int) -> None:
    if connection := environ.get(_CONNECTION):
        with suppress(OSError):  # the caller may have disconnected
            connection.shutdown(side)
