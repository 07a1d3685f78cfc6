"""Whoever is on call finds the cure for every code and every alert."""

import re
from pathlib import Path

import pytest

from infra.commands.reconcile.findings import Kind
from infra.mercado_pago_webhook.codes import Code
from tests.test_docs import CODES

INFRA = Path(__file__).parents[1] / "infra"
ENTRIES = {
    name: entry
    for entry in re.split(r"^### ", (INFRA / "RUNBOOK.md").read_text(), flags=re.MULTILINE)[1:]
    for name in re.findall(r"`([\w-]+)`", entry.splitlines()[0])
}
WEBHOOK_CODES = {code.text for code in Code}
"""Of the webhook, and of the job where it settles payments."""
POLICIES = {path.stem for path in (INFRA / "alerts/policies").glob("*.yaml")}
NOTICES = {
    code
    for path in (INFRA.parent / "shared").rglob("*.py")
    for code in re.findall(r'log\.notice\(\s*"(\w+)"', path.read_text())
}
SECRETS = set(re.findall(r"^  ([a-z][a-z-]+)  ", (INFRA / "rotate.sh").read_text(), re.MULTILINE))
"""What infra/rotate.sh exchanges, as its help says."""


def test_there_is_an_entry_for_each_code_notice_alert_and_secret_and_for_nothing_else() -> None:
    assert NOTICES
    assert len(SECRETS) == 4
    codes = {kind.code for kind in CODES} | WEBHOOK_CODES | set(map(str, Kind))
    assert set(ENTRIES) == codes | POLICIES | NOTICES | SECRETS


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_has_its_parts_and_names_commands_that_exist(name: str) -> None:
    for part in ("Seen", "Why", "Cure", "Verify"):
        assert f"**{part}**: " in ENTRIES[name]
    for script in re.findall(r"infra/(\w+\.(?:py|sh))", ENTRIES[name]):
        assert (INFRA / script).exists()
