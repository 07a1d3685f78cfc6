"""What an instance makes once, on first use.

The framework imports the functions in gunicorn's master and then forks: a client
made at import would share its sockets, threads and gRPC state with the fork.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def once(make: Callable[[], T]) -> Callable[[], T]:
    """`make`, called by the first caller only; the others wait for it and get the same.

    What `make` raises is not kept: the next caller tries again. The others wait without a
    deadline, so `make` must not wait for any service; see `google.project.client_of`.
    """
    lock = threading.Lock()
    made: list[T] = []

    def get() -> T:
        if not made:
            with lock:
                if not made:
                    made.append(make())
        return made[0]

    return get
