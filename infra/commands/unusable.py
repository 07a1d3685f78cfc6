"""How the set-up commands say that something is not as a booking needs it."""


class Unusable(Exception):
    """What is wrong (`problem`), and what to do about it (`cure`)."""

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(f"{problem}: {cure}")
        self.problem = problem
        self.cure = cure
