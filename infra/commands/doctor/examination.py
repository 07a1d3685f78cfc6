"""What the checks share, and running them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from infra.commands.configuration import Configuration
from infra.commands.cures import unusable
from infra.commands.doctor.gcloud import Deployed, Gcloud
from infra.commands.unusable import Unusable, Verdict
from shared.errors import ServiceError
from shared.google.project import project_id
from shared.settings import Settings


@dataclass(frozen=True)
class Result:
    """The result of one check; `cure` says what to do, empty if nothing."""

    name: str
    status: Verdict
    text: str
    cure: str = ""

    def line(self) -> str:
        cure = f" -> {self.cure}" if self.cure else ""
        return f"{self.status:<11}  {self.name:<14} {self.text}{cure}"


@dataclass
class Case:
    """What the checks share. `settings`, `refresh_token`, `token` and `deployed` are set by the
    checks of those names, and `webhook_secret` by "mercado pago", so a check that uses one lists
    that check in its `needs`."""

    env_file: Path
    is_local: bool
    configuration: Configuration = field(init=False)
    settings: Settings = field(init=False)
    refresh_token: str = field(init=False, repr=False)
    token: dict[str, Any] = field(init=False, repr=False)
    webhook_secret: str = field(init=False, repr=False)
    deployed: dict[str, Deployed] = field(default_factory=dict)

    @cached_property
    def project(self) -> str:
        return project_id(self.settings)

    @property
    def region(self) -> str:
        return self.configuration.values["REGION"]

    def named(self, name: str) -> str:
        return self.configuration.named(name)

    @cached_property
    def gcloud(self) -> Gcloud:
        return Gcloud(self.project, self.region)


@dataclass(frozen=True)
class Check:
    """`look` returns the text for a good result. It raises Unusable, whose class tells the
    severity, or a ServiceError."""

    name: str
    look: Callable[[Case], str]
    needs: tuple[str, ...] = ()


def examine(checks: Iterable[Check], case: Case) -> Iterator[Result]:
    """Runs the checks in order, whatever each of them finds."""
    failed: set[str] = set()
    for check in checks:
        missing = [name for name in check.needs if name in failed]
        if missing:
            text = f"first fix {', '.join(missing)}"
            result = Result(check.name, Verdict.UNCHECKED, text)
        else:
            result = _found(check, case)
        if result.status in (Verdict.WRONG, Verdict.UNCHECKED):
            failed.add(check.name)
        yield result


def _found(check: Check, case: Case) -> Result:
    try:
        return Result(check.name, Verdict.OK, check.look(case))
    except Unusable as error:
        found = error
    except ServiceError as error:
        found = unusable("", error)
    except Exception as error:  # a bug in one check must not hide what the others find
        return Result(check.name, Verdict.WRONG, f"the check failed: {type(error).__name__}")
    return Result(check.name, found.status, found.problem, found.cure)
