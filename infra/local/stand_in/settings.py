"""How the stand-in behaves, changeable while it runs."""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from . import defaults


@dataclass(frozen=True)
class MeetBehaviour:
    """What becomes of requests for a Meet link.

    ``mode`` (success, pending, failure, not_allowed) holds for the next ``times`` requests (-1:
    all). A pending one is settled as ``then`` says, once it was read ``reads`` times while still
    pending or ``seconds`` have passed; with both None it stays pending.
    """

    mode: str = "success"
    times: int = -1
    reads: int | None = None
    seconds: float | None = None
    then: str = "success"


@dataclass(frozen=True)
class Settings:
    """Everything that control may set; the README beside this module says what each means."""

    latency: dict[str, float] = field(default_factory=dict)
    meet: MeetBehaviour = field(default_factory=MeetBehaviour)
    page_size: int | None = None
    empty_pages: list[int] = field(default_factory=list)
    refused_emails: list[str] = field(default_factory=list)
    access_role: str | None = None
    token_lifetime: int = defaults.TOKEN_LIFETIME_SECONDS
    clients: dict[str, str] = field(
        default_factory=lambda: {defaults.CLIENT_ID: defaults.CLIENT_SECRET}
    )
    redirect_uris: list[str] = field(default_factory=lambda: [defaults.REDIRECT_URI])
    accounts: list[str] = field(default_factory=lambda: [defaults.ACCOUNT])
    testing: bool = False
    denied_secrets: list[str] = field(default_factory=list)
    echo: list[str] = field(default_factory=list)
    silence_maximum: float = defaults.SILENCE_MAXIMUM_SECONDS

    def changed(self, values: dict[str, Any]) -> "Settings":
        """A copy with some values replaced. Raises ValueError for an unknown or ill-typed one."""
        kinds = {known.name: type(getattr(Settings(), known.name)) for known in fields(self)}
        for name, value in values.items():
            if name not in kinds:
                raise ValueError(f"no setting '{name}'; there are {', '.join(kinds)}")
            if name == "meet":
                values = {**values, "meet": replace(MeetBehaviour(), **value)}
            elif not _fits(value, kinds[name]):
                raise ValueError(f"setting '{name}' cannot be {value!r}")
        return replace(self, **values)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def _fits(value: Any, kind: type) -> bool:
    if kind is type(None):
        return value is None or isinstance(value, int | str)
    if kind is float:
        return isinstance(value, int | float)
    return isinstance(value, kind)
