"""Everything that was measured, to be asked for."""

import statistics
from collections.abc import Sequence

from tests.benchmark.rounds import Measured


class Results:
    """Everything that was measured."""

    def __init__(self, measured: Sequence[Measured]) -> None:
        self._measured = measured

    def values(self, part: str, subject: str, of: int, figure: str) -> list[float]:
        """A figure in each round; empty if it was not measured."""
        found = [
            each
            for each in self._measured
            if (each.part, each.subject, each.of) == (part, subject, of)
        ]
        ordered = sorted(found, key=lambda each: each.round)
        return [each.figures[figure] for each in ordered if figure in each.figures]

    def median(self, part: str, subject: str, of: int, figure: str) -> float:
        return statistics.median(self.values(part, subject, of, figure))

    def to_floor(self, part: str, of: int, figure: str, subject: str) -> float:
        """The median over the rounds of a figure divided by the floor's."""
        pairs = zip(
            self.values(part, subject, of, figure),
            self.values(part, "floor", of, figure),
            strict=True,
        )
        return statistics.median(one / other for one, other in pairs)

    def calls(self, subject: str) -> dict[str, float]:
        """Calls to each service per request."""
        names = {
            name
            for each in self._measured
            if (each.part, each.subject) == ("whole", subject)
            for name in each.figures
            if name.startswith("calls: ")
        }
        return {
            name.removeprefix("calls: "): self.median("whole", subject, 0, name)
            for name in sorted(names)
        }
