"""What a check can find."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"
    UNCHECKED = "not checked"


@dataclass(frozen=True)
class Finding:
    """What one check found; `cure` says what to do, empty where there is nothing to do."""

    name: str
    status: Status
    text: str
    cure: str = ""

    def line(self) -> str:
        cure = f" -> {self.cure}" if self.cure else ""
        return f"{self.status:<11}  {self.name:<14} {self.text}{cure}"
