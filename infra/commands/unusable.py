"""How the commands report that something does not work, and the cure."""

from enum import StrEnum


class Verdict(StrEnum):
    """The result of a check."""

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
    """Something does not exist."""


class NotChecked(Unusable):
    """It cannot be checked; the cure says how to make that possible."""

    status = Verdict.UNCHECKED


class Doubtful(Unusable):
    """It works, but a person should look at it."""

    status = Verdict.WARNING
