"""Lazy initialisation, once per process.

gunicorn's master imports the functions and then forks: a client made at import would
share its sockets, threads and gRPC state with the workers.
"""

import threading
from collections.abc import Callable
from functools import cache
from typing import TypeVar

T = TypeVar("T")


def once(make: Callable[[], T]) -> Callable[[], T]:
    """Wraps `make` so that the first call runs it and all calls return the same result.

    If `make` raises, the next call tries again. Concurrent calls wait without a deadline,
    so `make` must not wait for any service; see `google.firestore.firestore_client` for that.
    """
    lock, made = threading.Lock(), cache(make)

    def get() -> T:
        with lock:
            return made()

    return get
