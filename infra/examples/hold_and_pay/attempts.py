"""Writes on condition that nobody else has written, and tries again until a deadline.

The conditions stand in the commit itself rather than in a transaction of the library: nobody waits
for another's locks, every call has a deadline (beginning a transaction has none), and contention is
tried again for as long as there is time (the library gives up after five times).
"""

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

from google.api_core import exceptions as api
from google.api_core.retry import Retry, if_exception_type
from google.cloud import firestore

from .codes import Code, Refused

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0  # seconds
_NO_RETRY = Retry(predicate=if_exception_type())  # the library's own would exceed the deadline
_MAY_PASS = (
    *(api.Aborted, api.AlreadyExists, api.FailedPrecondition),  # a rival was faster
    *(api.ServerError, api.TooManyRequests),  # Firestore does not answer, or not now
)

Result = TypeVar("Result")
Call = Callable[..., Any]


def persist(attempt: Callable[[Call], Result], seconds: float) -> Result:
    """The result of the first attempt that nobody and nothing comes in the way of. An attempt makes
    its calls to Firestore through its argument, which bounds them.

    Raises TRY_AGAIN. What was attempted may have been written all the same.
    """
    end = time.monotonic() + seconds

    def bounded(call: Call, *arguments: Any) -> Any:
        return call(*arguments, retry=_NO_RETRY, timeout=max(end - time.monotonic(), 0.001))

    longest = _FIRST_PAUSE
    while True:
        try:
            return attempt(bounded)
        except _MAY_PASS as error:
            pause = random.uniform(0, longest)  # apart from the rivals
            if time.monotonic() + pause >= end:
                raise Refused(Code.TRY_AGAIN) from error
        time.sleep(pause)
        longest = min(2 * longest, _LONGEST_PAUSE)


def write_if_unchanged(batch: firestore.WriteBatch, read: Any, fields: dict[str, Any]) -> None:
    """Lets the batch write fields of a document, on condition that it is as it was read."""
    if read.exists:
        unchanged = firestore.Client.write_option(last_update_time=read.update_time)
        batch.update(read.reference, fields, option=unchanged)
    else:
        batch.create(read.reference, fields)
