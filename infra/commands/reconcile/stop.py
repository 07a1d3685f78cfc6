"""Ctrl-C, without interrupting the current repair."""

import os
import signal
from types import FrameType


class Stop:
    """A context in which the first Ctrl-C or SIGTERM stops after the current repair, and the second
    interrupts it."""

    is_asked_for = False

    def __enter__(self) -> None:
        signals = (signal.SIGINT, signal.SIGTERM)
        self._before = {number: signal.signal(number, self._ask) for number in signals}

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        self.is_asked_for = True
        signal.signal(number, signal.default_int_handler)
        os.write(2, b"\nstopping when this one is done; Ctrl-C again stops at once\n")
