"""Whoever is on call finds the cure for every code and every alert."""

import re
from pathlib import Path

import pytest

from tests.test_docs import CODES

INFRA = Path(__file__).parents[1] / "infra"
ENTRIES = {
    entry.splitlines()[0].strip("` "): entry
    for entry in re.split(r"^### ", (INFRA / "RUNBOOK.md").read_text(), flags=re.MULTILINE)[1:]
}
POLICIES = sorted((INFRA / "alerts/policies").glob("*.yaml"))
NOTICES = ("student_not_invited", "meet_not_allowed")


@pytest.mark.parametrize("code", [*(kind.code for kind in CODES), *NOTICES])
def test_every_code_has_its_entry(code: str) -> None:
    for part in ("Seen", "Why", "Cure", "Verify"):
        assert f"**{part}**: " in ENTRIES[code]


@pytest.mark.parametrize("policy", POLICIES, ids=lambda path: path.stem)
def test_every_alert_has_its_entry_and_names_it(policy: Path) -> None:
    [anchor] = re.findall(r"infra/RUNBOOK\.md#(\S+)", policy.read_text())
    assert anchor == policy.stem
    assert anchor in ENTRIES


def test_no_entry_is_of_something_that_is_no_more() -> None:
    known = {kind.code for kind in CODES} | {path.stem for path in POLICIES} | set(NOTICES)
    assert set(ENTRIES) == known


@pytest.mark.parametrize(
    "script", sorted(set(re.findall(r"infra/(\w+\.(?:py|sh))", " ".join(ENTRIES.values()))))
)
def test_the_commands_it_names_exist(script: str) -> None:
    assert (INFRA / script).exists()
