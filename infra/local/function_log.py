"""What the functions log: passed on to standard error, and kept for those who ask."""

import json
import os
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

Line = dict[str, Any]
_KEPT_LINES = 2_000


class FunctionLog:
    """The functions' request lines, numbered in the order they came.

    All functions write to one pipe, so that who was asked first is heard first; a line of up to
    4 KiB stays in one piece.
    """

    def __init__(self) -> None:
        self.descriptor = -1  # what the functions write to, while `reading`
        self.count = 0  # how many lines came so far: what `since` takes
        self._lines: deque[tuple[int, Line]] = deque(maxlen=_KEPT_LINES)
        self._lock = threading.Lock()

    def since(self, count: int) -> list[Line]:
        """The lines that came after the first `count`."""
        with self._lock:
            return [line for number, line in self._lines if number > count]

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All functions must have ended at the end."""
        output, self.descriptor = os.pipe()
        thread = threading.Thread(target=self._follow, args=(output,))
        thread.start()
        try:
            yield
        finally:
            os.close(self.descriptor)
            thread.join()

    def _follow(self, output: int) -> None:
        with os.fdopen(output, "rb") as lines:
            for line in lines:
                os.write(sys.stderr.fileno(), line)
                if line.startswith(b"{"):
                    self._keep(line)

    def _keep(self, text: bytes) -> None:
        try:
            line = json.loads(text)
        except ValueError:
            return
        with self._lock:
            self.count += 1
            self._lines.append((self.count, line))
