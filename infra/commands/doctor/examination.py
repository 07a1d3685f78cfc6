"""What a check has at hand, and how all of them are gone through."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from infra.commands.configuration import Configuration
from infra.commands.cures import unusable
from infra.commands.doctor.gcloud import Gcloud
from infra.commands.doctor.outcome import Finding, Status
from infra.commands.unusable import Doubtful, NotChecked, Unusable
from shared.errors import ServiceError
from shared.google.project import project_id
from shared.settings import Settings


@dataclass(frozen=True)
class Token:
    """What the token endpoint answered."""

    access_token: str = field(repr=False)
    id_token: str | None = field(repr=False)
    scopes: list[str]


@dataclass
class Case:
    """What is examined. A check that needs what another one finds out names that one in its
    `needs`: `settings`, `refresh_token` and `token` come with the checks of those names."""

    is_local: bool
    configuration: Configuration = field(init=False)
    settings: Settings = field(init=False)
    refresh_token: str = field(init=False, repr=False)
    token: Token = field(init=False)
    deployed: dict[str, dict[str, Any]] = field(default_factory=dict)

    @cached_property
    def project(self) -> str:
        return project_id(self.settings)

    @property
    def region(self) -> str:
        return self.configuration.values["REGION"]

    @cached_property
    def gcloud(self) -> Gcloud:
        return Gcloud(self.project, self.region)


@dataclass(frozen=True)
class Check:
    """`look` returns what is to be said if all is well; it raises Unusable or ServiceError
    (wrong), Doubtful (a warning) or NotChecked."""

    name: str
    look: Callable[[Case], str]
    needs: tuple[str, ...] = ()


def examine(checks: Iterable[Check], case: Case) -> Iterator[Finding]:
    """Goes through the checks in order, whatever each of them finds."""
    failed: set[str] = set()
    for check in checks:
        missing = [name for name in check.needs if name in failed]
        if missing:
            text = f"that needs {', '.join(missing)} to be right"
            finding = Finding(check.name, Status.UNCHECKED, text)
        else:
            finding = _found(check, case)
        if finding.status in (Status.WRONG, Status.UNCHECKED):
            failed.add(check.name)
        yield finding


def _found(check: Check, case: Case) -> Finding:
    try:
        return Finding(check.name, Status.OK, check.look(case))
    except Doubtful as error:
        return Finding(check.name, Status.WARNING, error.problem, error.cure)
    except NotChecked as error:
        return Finding(check.name, Status.UNCHECKED, error.problem, error.cure)
    except (Unusable, ServiceError) as error:
        wrong = error if isinstance(error, Unusable) else unusable("", error)
        return Finding(check.name, Status.WRONG, wrong.problem, wrong.cure)
    except Exception as error:  # a mistake in one check must not hide what the others find
        return Finding(check.name, Status.WRONG, f"the check failed: {type(error).__name__}")
