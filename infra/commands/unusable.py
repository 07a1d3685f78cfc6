"""How the commands say that something is not as a booking needs it."""

from enum import StrEnum


class Verdict(StrEnum):
    """What a check can find."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"
    UNCHECKED = "not checked"


class Unusable(Exception):
    """`problem` says what is wrong, `cure` what to do about it."""

    status = Verdict.WRONG

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(f"{problem}: {cure}")
        self.problem = problem
        self.cure = cure


class Missing(Unusable):
    """What was asked for does not exist."""


class NotChecked(Unusable):
    """It cannot be told; the cure says what makes it possible."""

    status = Verdict.UNCHECKED


class Doubtful(Unusable):
    """It works, but somebody should look at it."""

    status = Verdict.WARNING
